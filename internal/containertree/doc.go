// Package containertree reads what a container has on disk: its root file system,
// for `export`, or what it has changed of its image, for `commit`.
//
// # Purpose
//
// [Tar] writes either as a tar. It needs no supervisor and no running container:
// both are in the container's data directory and in the image store.
//
// # Model
//
// A process in the user namespace ([Role]), in a mount namespace of its own, puts
// the layers together, read-only:
//
//	data/upper   is above the image's layers: an overlay of all of them is the root;
//	             what the directory itself holds is the change (internal/build/harvest)
//	             (where fuse-overlayfs serves the root, copies stand in for the overlay)
//	data/root    is a copy of the image (no overlay on this machine): it is the root;
//	             the change is its difference from another copy
//
// # Invariants
//
//   - Nothing of the container is changed, whether it runs, is paused, or stopped.
//   - What is mounted in the container is not in its tree: volumes, /proc, secrets
//     have their mount points there, empty.
//
// # Limits
//
// A container that runs may write meanwhile: commit pauses it. What it has written into
// files that are still open may not have come to fuse-overlayfs yet, and is missing then.
// Sockets and devices are left out.
package containertree
