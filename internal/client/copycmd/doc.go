// Package copycmd is `cp`: files between containers and this side, as archives that one side
// packs and the other unpacks at the same time (internal/copytar).
//
// # Invariants
//
//   - Neither side trusts the other: each resolves names below its own root.
//   - What fails first makes the other side fail too; the error of the side that read or
//     wrote files is told, not that of the pipe between them.
//   - Into several replicas goes the same: an archive that is read from our input is kept
//     meanwhile, in a file without a name.
package copycmd
