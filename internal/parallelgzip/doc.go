// Package parallelgzip compresses with gzip (RFC 1952) on all processors.
//
// # Purpose
//
// Layers are kept unpacked, and compressed anew when they are pushed. What comes
// out depends on what goes in and on nothing else: not on the number of
// processors, the sizes of writes or the time, so that a layer that was pushed
// twice is one blob.
//
// # Model
//
// The input is cut every 1 MiB. Each block is compressed by itself, with the last
// 32 KiB before it as its dictionary, and ended by a sync flush (RFC 1951: an
// empty stored block), so that they can be joined at byte boundaries to one
// stream of one member.
//
// # Limits
//
// A worker takes some 3 MiB. There is no header to set: no name, no time.
package parallelgzip
