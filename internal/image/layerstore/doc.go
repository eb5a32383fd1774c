// Package layerstore keeps the unpacked layers of images.
//
// # Purpose
//
// A layer is unpacked once and shared by all images, builds and containers that have it.
// It is filled from an archive ([Store.Layer]), or made in a room of its own and then
// given its name ([Room.Take]), and stays for as long as somebody has leased it, or
// whoever keeps the index says that it is needed.
//
// # Model
//
//	layers/KEY/fs          the tree, complete
//	layers/KEY/record.json its size, and what had to be left out
//	layers/KEY/tar.json.gz what else its tar had (internal/image/exact)
//	layers/KEY/synced      it is on disk, though no image may have it
//	layers/tmp-KEY/        being unpacked, made or deleted
//	locks/KEY              flock: exclusive to fill or delete, shared to need the layer
//	locks/KEY.fill         flock: whose turn it is to fill
//	one-id                 a file: there is one id only, and so every file is root's
//
// KEY is the SHA-256 of the layer's tar (the diff id), with "-single" appended when the
// files are root's for want of other ids.
//
// # Invariants
//
//   - A layer's directory is complete once it has its name: it is renamed. After a
//     crash of the machine it may have its name but not its content; so one that no
//     image names and that is not marked as synced counts only in the boot that wrote it.
//   - Who waits for the lock of a layer holds no lease that others wait for.
//   - Which layers are needed is not known here: [Store.Doom] takes what it is told.
//
// # Limits
//
// Trees are filled and deleted by a process in the user namespace, where all owners are.
package layerstore
