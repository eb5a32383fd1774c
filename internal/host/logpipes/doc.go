// Package logpipes has the lines of a project's containers kept: it makes the pipes that
// they write into, and says where the lines go from there.
//
//	container ─▶ pipe ─▶ internal/logs ─▶ files ─▶ internal/logs/journal ─▶ the journal
//
// The pipes outlive the supervisor: both ends of each are in the store of the project's
// holder ([kept.Log]). The next supervisor takes them from there and goes on with what
// has gathered in them; a container whose pipes are lost cannot be taken over.
//
// A service that keeps no lines (driver none) has a small file all the same: who is
// attached reads from there.
package logpipes
