// Package safepath works below a directory that others may fill as they like.
//
// # Purpose
//
// A root file system comes from a stranger, and a container may change its
// files while we look. A path in it that is opened in the ordinary way follows
// a planted link out of it, and a recursive delete goes through a mount into
// somebody's home. Everything here starts from an open directory, the root, and
// stays below it.
//
// # Model
//
//	OpenInRoot        resolve as if root were "/": links, absolute ones and "..", stay inside
//	MkdirAllInRoot    the same, and makes what is missing
//	CreateFileOwned   the same for a file: a mount point, an entry of an archive
//	RemoveAll         deletes one entry of the root with all below it; follows nothing, crosses nothing
//
// Resolution is the kernel's (openat2(2) with RESOLVE_IN_ROOT, Linux 5.6). Where
// it is missing or denied, where it gives up because of renames (EAGAIN), and
// where something must be made on the way, a walk does it: one openat(2) with
// O_NOFOLLOW per name, a stack of open directories for "..", links read and
// resolved by hand. ForceWalk makes tests take the walk.
//
// # Invariants
//
//   - No name is handed to the kernel with more than one component, except to
//     openat2 with RESOLVE_IN_ROOT.
//   - ".." goes to the directory from which we came, not to where the
//     directory has been moved since; at the root it stays.
//   - RemoveAll compares the mount of each directory before it reads it, and
//     holds at most depthLimit descriptors however deep the tree is.
//   - Permissions are changed by descriptor, and only of directories that are
//     about to be deleted.
//
// # Limits
//
// RemoveAll deletes what is below a directory that somebody moves into the tree
// meanwhile: on the same mount nobody could tell the two apart. It needs either
// openat2 or statx(2) with mount ids (Linux 5.8), and refuses without.
package safepath
