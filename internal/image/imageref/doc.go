// Package imageref reads what stands behind image: and in command lines: which image
// is meant, and where it comes from.
//
// # Purpose
//
// Docker's short forms are filled up and bad ones refused ([Parse]), the prefixes that
// name files and other programs' stores are told from names ([IsSource]).
//
// # Model
//
//	Name    [domain/]path[:tag][@digest]: an image of a registry or of the store
//	Source  KIND:PATH[:REF]: an archive, a directory, or another program's image
//
// # Invariants
//
//   - A name that was read has one familiar form ([Name.String]), which is read as the
//     same name.
//   - Nothing is looked up: not in the store, on the disk, or on a network.
//
// # Limits
//
// SHA-256 is the only algorithm of digests. No regular expression is compiled at the
// start: every process of ours has this package.
package imageref
