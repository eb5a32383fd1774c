// Package remedy knows what to write where a compose file has something else, and says in
// plain words what the compose library says in Go's.
package remedy
