// Package fusemarks reads what fuse-overlayfs keeps in the upper directory of an overlay
// as the kernel's overlayfs would have kept it.
//
// # Model
//
//	.wh.NAME, or a device 0:0 NAME   NAME is not there any more
//	.wh..wh..opq, or an attribute    of the directory below nothing is to be seen
//
// [Normalize] turns the former into the latter, in place; [Copy] adds the latter to a
// copy that was made of files alone.
//
// # Invariants
//
//   - Links are not followed; all is looked up below the directory that is given.
//   - No name that a program has chosen is taken for a mark: fuse-overlayfs lets nobody
//     make one that begins with .wh.
package fusemarks
