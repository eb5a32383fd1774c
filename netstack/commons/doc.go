// Package commons is what projects write down about a network that they share:
// who is on it, with which addresses, under which names. It is files alone and
// knows no kernel.
//
//	<run>/net/NETWORK/state        which namespace the network is, and what it is like ([State])
//	<run>/net/NETWORK/p/PROJECT    what the project has there ([Member])
//	<run>/networks.lock            held while any of this is decided on
//
// # Model
//
// A project's file is written by its supervisor alone, whole, by renaming, so
// that readers need no lock. Addresses are the union of all files: who wants one
// holds the lock, reads all, chooses, writes its own, lets go. So no two projects
// ever get the same one, and one that is in no file is free.
//
// A project that has died leaves its file. It is removed by whoever next holds
// the lock and finds that the project does not live; the caller says who lives.
// With the last file goes the directory.
//
// # What must hold
//
//   - An address is on file before it is given to an interface.
//   - Names of a project's containers change without the lock: only its own file.
//   - Every change of a member's file changes the time of its directory: one
//     stat(2) tells a reader that nothing is new ([Watch]).
//   - Records of another boot are of the dead.
package commons
