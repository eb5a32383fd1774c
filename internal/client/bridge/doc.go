// Package bridge stands between a command in a container and its caller's standard
// files: what passes is bytes, never a file that can be opened anew.
//
// A pipe, a socket and /dev/null go to the command as they are. For all else there
// is a pipe and a goroutine that copies; nothing waits for the end of a pipe, which
// what the command has left running may hold open.
package bridge
