// Package rootfs makes a directory out of `image: rootfs:PATH`.
//
// # Purpose
//
// PATH is a directory, which is used in place as the read-only lower of an
// overlay, or a tar archive of a root file system (plain, gzip, xz, zstd or
// bzip2, told by its content): what the small "build your own container"
// tutorials unpack, a minirootfs of a distribution, `docker export`. An archive
// is unpacked once and shared by every container of every project.
//
// # Model
//
//	store/DIGEST/fs           an unpacked tree, complete
//	store/DIGEST/record.json  what had to be left out (notices)
//	store/tmp-DIGEST/         being unpacked; renamed to DIGEST when complete
//	store/locks/DIGEST        flock: exclusive to unpack and to prune, shared to use
//	store/index/HASH          path, size, times, inode of an archive -> its digest
//
// DIGEST is the SHA-256 of the file, compressed as it is; with "-single"
// appended when the caller has one user id only and so every file is root's.
// The file is hashed again while it is unpacked: one that changes in between
// is refused.
//
// # Invariants
//
//   - Nothing is written outside of the tree (internal/layer), and the process
//     that unpacks has nothing else (internal/confine): Role, started by Start.
//   - A published tree is complete and on disk: it is renamed into place after
//     syncfs(2). What a killed unpack left is deleted by the next.
//   - A Root holds the shared lock until it is closed, so that pruning by
//     another project cannot take the tree away.
//
// # Limits
//
// Whiteouts mean nothing here. What else is not kept, see internal/layer.
// Linking the decompressors costs about 0.15 ms of package initialisation
// (tables of xz; that of zstd is hash/crc32's, which others use too).
package rootfs
