// Package cachemount keeps the directories of RUN --mount=type=cache between builds.
//
// # Purpose
//
// A step of a build takes the directory with its id into use ([Store.Take]), alone or
// with others, as the mount's sharing says. Whoever cleans up lists and removes those
// that nobody uses.
//
// # Model
//
//	HEX/fs           the files, of whichever id inside wrote them
//	HEX/record.json  the id and when it was made; its time is that of the last use
//	HEX/filled       it has what it begins with
//	HEX.lock         flock: shared or exclusive while a step has it
//	HEX.fill.lock    flock: who gives a new one what it begins with
//
// HEX is the SHA-256 of the id and of a number, which is above zero only for a private
// directory beside another that is taken.
//
// # Invariants
//
//   - A directory that was not filled to its end is emptied before the next has it.
//   - Who waits for somebody to fill it holds the directory's own lock: it is not
//     removed meanwhile.
//   - Only files that nobody can have locked are removed as locks: who waits for one
//     looks whether it is there still.
//
// # Limits
//
// The files can be written and removed by a process in the user namespace only.
package cachemount
