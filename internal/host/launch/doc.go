// Package launch has the holder of a project start a prepared program, and waits until
// it has been executed, or for the reason why not.
//
// # The way of a start
//
//	image     the program's steps as a file that the child executes
//	clone     by the holder, whose child it is; its pidfd comes back
//	steps     the child reports each by a byte in a pipe, and a failure by its errno
//	execve    closes the pipe: read to its end without a failure means executed
//
// A step that fails is told with its name and what mends it ([Explain]). One that stands
// still is ended after [Limit], by the holder if it has the program at hand, else by us;
// in each case nothing of the child is left when [Launcher.Start] returns an error.
package launch
