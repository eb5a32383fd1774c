// Package image keeps images: what a container's root file system and defaults
// are made from.
//
// # Purpose
//
// Images come from archives ([Store.Load]), from registries and builds ([Session]), and are
// found by name or id ([Store.Find]). A container takes one into use ([Store.Use])
// and gets the directories for its overlay.
//
// # Model
//
//	images/index.json             all images and names: what is not in it is not there
//	images/reserve                room in which a smaller index can be written when the disk is full
//	images/lock                   flock: shared to rely on the index, exclusive to change it
//	images/configs/HEX            an image's configuration as it was, for inspect and history
//	images/manifests/HEX          a manifest as it was
//	images/layers/KEY             an unpacked layer (internal/image/layerstore)
//	images/layers/KEY/blobs.json  compressed forms in which registries know it
//	images/variants/KEY           one tree of an image's layers, in which owners have changed places (internal/image/variants)
//	images/locks/KEY              flock: exclusive to unpack or delete, shared to need it meanwhile (internal/image/doomed)
//	images/sessions/ID            flock: keys of layers, and ids of images, that a process needs
//	images/cache/HEX.json         a step of a build, which keeps its layers
//	images/mounts/HEX             a directory of RUN --mount=type=cache (internal/image/cachemount)
//	images/downloads/HEX.part     see internal/registry/download
//	images/sources/HASH           identity of an archive's file -> the images in it
//	p/PROJECT/c/CONTAINER/image   beside the store: the image of a container, which keeps it
//
// What stands behind image: is read by internal/image/imageref. The archives themselves
// are not kept.
//
// # Invariants
//
//   - An image in the index is complete and on disk: the index is renamed into
//     place after syncfs(2) over its layers.
//   - A session writes a key under the shared lock before it looks at the layer;
//     who collects reads sessions under the exclusive lock: a layer that a session
//     has seen stays until the session's process ends.
//   - What a container or a record of the build cache names is not deleted, whatever
//     the index says.
//   - Who waits for a layer's lock does not hold the store's lock.
//   - Nothing of a configuration is interpreted outside of a container.
//
// # Limits
//
// This package must stay light: every process of ours starts with it. Archives
// are read, with go-containerregistry, by a child process (internal/image/ingest).
package image
