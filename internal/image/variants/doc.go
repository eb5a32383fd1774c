// Package variants keeps trees of images in which owners have changed places.
//
// # Purpose
//
// Where ids cannot be mapped as a service wants them, it gets a copy of its image's
// files in which two owners are exchanged (internal/exchange). The copy is made once for
// all containers that want the same ([Store.Make]).
//
// # Model
//
//	variants/KEY/fs           one tree of all layers
//	variants/KEY/record.json  what it is, of which layers, how large
//	variants/tmp-KEY/         being made or deleted
//	locks/KEY                 flock: exclusive to make or delete it
//
// KEY is the SHA-256 of what it is and of which layers.
//
// # Invariants
//
//   - A variant is complete once it has its name; it is on disk if it is not bare. To
//     wait for the disk takes longer than to make a bare one again, which is done once in
//     each boot.
//   - Who uses one looks under the store's lock whether it is there still.
//
// # Limits
//
// A bare tree has inodes but no contents: the layers have to be mounted below it.
package variants
