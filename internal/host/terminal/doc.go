// Package terminal makes the pseudo terminals of containers, and moves what they show.
//
// There are two kinds. The main process of a container has one of the host's devpts
// ([Open]): the container's own is not mounted yet when its standard files have to be
// there. A command that is executed later has one of the container's devpts ([Inside]).
//
// # What is hostile
//
// Who runs in a container may put anything in the place of its /dev/pts/ptmx: [Inside]
// resolves it below the container's root, and opens nothing that is not the multiplexer
// of a devpts.
package terminal
