// Package roots makes the root file systems of containers, and the trees of images that
// are mounted in them.
//
//	layers     of an image, or of an archive, read-only and shared by all
//	variant    of an image's, where the container has two ids exchanged (internal/image)
//	base       mount points that lie above every image
//	upper      the container's own directory, which it writes; it lives as long as it
//	work       of the overlay, one for each run: to clean a used one costs the kernel more
//	           than all else of a start
//
// The kernel mounts an overlay of these. Where it makes none for a user, fuse-overlayfs
// does, or the container has a copy of all. Which it is, is found out at the creation of
// a container, said once and recorded ([Root]): what it has written lies there.
//
// # Invariants
//
// Nothing that is shared is ever written to. A tree of an image that is mounted is an
// overlay too, also when it has one layer: who has CAP_SYS_ADMIN inside takes "read-only"
// off a bind mount, and would write into the store; an overlay without an upper directory
// has nothing to write to.
//
// A copy is made beside its place and renamed: it is whole or not there.
package roots
