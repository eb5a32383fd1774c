// Package why tells in words why a service is as it is: from facts to text.
//
// # Model
//
//	Facts     what is on record of the project, what the files say now, the last lines of
//	          each container's log, who owns what is bound into it: values, gathered by
//	          the caller
//	Account   of one container: what is the matter in one line, the cause, the last probe,
//	          the last lines, a time line, what mends it; and the account of the one that
//	          it waits for
//
// # How a cause is found
//
// What the supervisor knows comes first, since it is certain: a start that failed, a
// command that stopped it, who sent the signal, memory, a condition that does not hold
// (explain.go, end.go, waits.go). Where a program has ended by itself only its own words
// can tell: the last lines are held against what programs say of the usual troubles
// (says.go), the latest line first. Such a cause begins with "by its log": it is a reading
// of a line, which stands below it.
//
// # Invariants
//
//   - Pure: the same facts give the same text. Nothing is opened, no clock is read.
//   - A remedy is a command to copy, or a key of the compose file with the place where it
//     belongs.
//   - No value of the environment, of a config or of a secret appears; names do.
//   - Text that a container has written is printed without what a terminal would obey.
//   - Short has at most 15 lines.
package why
