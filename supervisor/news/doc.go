// Package news tells clients what happens in a project, in docker's words: it makes
// events of what has happened to containers and networks, remembers the latest, and
// hands each to all who listen. Nothing here waits: a listener that is slow is cut off
// (internal/outbox).
//
// A News belongs to the supervisor's loop; what a listener has is taken from it by the
// goroutine that serves its client ([Send]).
package news
