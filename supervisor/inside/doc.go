// Package inside executes commands in containers: those that a client types, and those
// of the supervisor itself, health checks and hooks. An exit code that no command had is
// the shell's: 126 and 127 for one that could not be executed, 137 for one that was
// killed.
//
// What the supervisor executes of its own ends with its context: a command that hangs
// is killed with all its processes. The beginning and the end of what it says is kept
// in memory, never more.
package inside
