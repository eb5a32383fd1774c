// Package harvest makes a layer of what was changed above others: of the upper
// directory of an overlay, or of a tree and the one that it was copied from.
//
// # Purpose
//
// The layer is there twice, and both must be the same: as a tar stream (OCI image
// spec, layer.md), of which the digest and a record are kept, and as the tree
// that the store mounts next time, which is the upper directory itself. Whoever
// unpacks the tar elsewhere (internal/layer) gets the same tree.
//
//	Layer    upper directory ──▶ tar, digest, and the directory made ready for the store
//	Extract  two trees ──▶ an upper directory, for machines without overlays
//
// # Model
//
// Entries come sorted by their names in the tar, a directory before what is in it. What
// overlayfs copied up and nobody changed is left out: files and links that are
// equal to what is below, directories in which nothing is left that differ in
// neither mode nor owner nor attributes. A whiteout of nothing is none, nor does
// a directory hide what is not there.
//
// # Invariants
//
//   - The tar depends on the tree, on what is below and on Options.Epoch only:
//     no times of access or change, no names of users, whole seconds.
//   - What steers an overlay in the tree is what this package left there: all other
//     attributes of that kind are removed, whoever put them there.
//   - Nothing is read through a link.
//
// # Limits
//
// Sockets and devices are left out, as are files whose own name begins with ".wh.",
// which would delete others. Of extended attributes those stay that
// layers carry (layer.Attribute); access control lists go. The root's own
// mode and owner are not part of a layer.
package harvest
