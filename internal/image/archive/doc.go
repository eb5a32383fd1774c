// Package archive reads images from what other tools write: `docker save` (old
// and new), OCI layouts as directories and as tars (skopeo, podman, buildah,
// umoci, buildx).
//
// # Purpose
//
// [Open] finds out what a file is, [Archive.Images] are the images in it, each
// with its configuration and a way to open its layers. Nothing is unpacked here.
//
// # Model
//
//	Files      the named files of the archive: of a tar, found by one pass over
//	           its headers ([OpenTar]), or of a directory
//	docker     manifest.json names configurations, layers and tags
//	layout     index.json leads over indexes and manifests to configurations and layers
//
// A tar is read in place; what is compressed as a whole, or comes through a pipe,
// the caller makes one that can be.
//
// The documents, digests and media types are go-containerregistry's (pkg/v1).
// Its readers of archives (pkg/v1/tarball, pkg/v1/layout) are not used: they go
// through the whole tar for each file, hold documents of any size in memory,
// and compare no digest with the content.
//
// # Invariants
//
//   - Every document is bounded before it is read ([maxDocument]), and compared
//     with the digest by which it was named. Layers are checked by who reads them.
//   - A link inside an archive leads to another file of it or nowhere.
//   - A number of anything is bounded before it is believed.
package archive
