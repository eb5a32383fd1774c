// Package containersstorage reads images of the user's podman (or buildah,
// skopeo, cri-o): github.com/containers/storage keeps them unpacked, as we do,
// and beside each layer a record by which its tar can be made again (tar-split).
//
// # Purpose
//
// [Find] looks an image up, [Image.Load] makes it one of our store, byte for byte:
// layers that are there are not read.
//
// # Model
//
//	storage.conf(5)                          where the store is; see config.go
//	ROOT/DRIVER-images/images.json           names, top layers
//	ROOT/DRIVER-images/ID/=BASE64            configuration and manifest
//	ROOT/DRIVER-layers/layers.json           parents, diff ids
//	ROOT/DRIVER-layers/ID.tar-split.gz       records
//	ROOT/overlay/ID/diff, ROOT/vfs/dir/ID    the files
//
// The files belong to subordinate ids, the same as ours: a process in the user
// namespace ([Run]) reads them. It is confined to the layer's directory, and
// writes the tar into the pipe of the one that unpacks.
//
// # Invariants
//
//   - Nothing is written there. The lists are read, and layers while they are
//     read, under shared locks on images.lock and layers.lock, which podman takes
//     exclusively to change something.
//   - What comes is compared with the diff ids of the image's configuration, and
//     that with the image's id.
//
// # Limits
//
// Drivers overlay and vfs. Layers without a record (of other drivers, or pulled in
// part, as zstd:chunked) cannot be read: podman save can.
package containersstorage
