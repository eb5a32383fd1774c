// Package program makes and runs the list of system calls that turns a fresh
// process into a sandbox's first process.
//
// A [Program] is data: system call numbers, arguments, strings, and for each
// step a sentence for the error message. It is decided in ordinary Go, in the
// supervisor, where it can be tested and printed. Two things can run it:
//
//	stub      an ELF image of a few kilobytes that [Program.Image] makes for
//	          each launch: some forty instructions of interpreter and the list.
//	          Its execution costs what an empty static program costs, and it
//	          needs no Go runtime in the child. amd64, arm64.
//	portable  our own binary executes the same list in Go ([Run]). Slower by
//	          the start of that binary; for other architectures, and to compare.
//
// Rules of the list
//
//   - Steps run in order. The result of a step may be kept in a slot, and an
//     argument may be a slot.
//   - A step that fails ends the process with status 127, after {step, errno} was
//     written to the status descriptor; EOF there means that a later program was
//     executed and all is well. A step may be marked so that its failure is ignored.
//   - A mark writes {step, 0}: who reads knows how far the program came, if it was
//     killed on its way or stands still.
//   - HandOver lets a sibling do the rest, born inside a pid namespace that the
//     process itself never enters (see [Program.HandOver]).
//   - Fork makes the process the init of what follows: it closes all but 0-2,
//     reaps orphans, and ends as its child ended (128+signal when killed).
//
// All addresses are fixed ([dataBase]), so that the same bytes serve both ways.
package program
