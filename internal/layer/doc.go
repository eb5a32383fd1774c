// Package layer makes a directory tree out of a tar archive: a layer of an
// image, or a whole root file system.
//
// # Purpose
//
// Archives come from strangers. Whatever is in one, nothing outside of the tree
// is read or changed, and what the archive may cost is bounded.
//
//	Unpack       archive to tree; Options.Whiteouts says what ".wh." names mean:
//	             Overlay  marks for overlayfs, for a tree that holds one layer
//	             Delete   applied to a tree that holds the layers below
//	             Literal  nothing: a lone archive
//	Copy         layers with marks to one tree, as their overlay would show it:
//	             for containers where no overlay can be mounted
//	Visible      which of a stack of layers to mount
//	Decompress   gzip, xz, zstd, bzip2 or plain, told by the first bytes
//	ReadAhead    lets that, and hashing, go on while files are written
//
// # Model
//
// Names are resolved below the root's descriptor (safepath); the directories of
// the last entries stay open, so that most entries need no resolution. The last
// component is made with O_EXCL and never followed; only when that fails with
// EEXIST is it looked at, and what is there removed. Directories are 0700 until
// the end, when they get mode, owner and time, inner ones first.
//
// A whiteout ".wh.NAME" becomes a character device 0:0, or an empty file with
// the attribute user.overlay.whiteout where the file system takes no devices
// (Linux 6.7 to mount it). An opaque directory (".wh..wh..opq") gets
// user.overlay.opaque=y. What the same layer has is left alone by both, in
// whatever order they come; a directory in place of a whiteout becomes opaque.
//
// # Invariants
//
//   - ".." in a name is refused, and so are whiteouts of nothing (".wh."), of
//     "." and "..", and names below a whiteout.
//   - Attributes that steer overlayfs or fuse-overlayfs are never taken from an
//     archive, nor are devices, of which 0:0 would be a whiteout.
//   - Hard links are to entries of the same archive, not through links out of
//     the root, and not to whiteouts.
//   - A file whose owner could not be kept loses setuid and setgid.
//   - Entries, bytes after decompression and sizes of sparse files are bounded;
//     memory grows with the number of directories, not with their attributes.
//
// # Limits
//
// A directory that a layer has no entry for is root's, mode 0755, as docker makes
// it: in an overlay it hides owner and mode of the one below. overlayfs
// does not read the mark on a layer's own root: Visible does; and it
// lists, but does not find, a whiteout in a directory that only one layer has.
// Device
// nodes are left out: a plain user cannot make any, and containers get their own
// /dev. Of extended attributes user.* and security.capability are kept. An xz
// archive may ask for a dictionary of up to 4 GiB of memory.
package layer
