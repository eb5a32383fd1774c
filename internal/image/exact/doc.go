// Package exact makes the tar of a layer again, byte for byte, from the unpacked
// tree and a record that was kept when it was unpacked.
//
// # Purpose
//
// Layers are kept unpacked only. An image that is saved or pushed must have the
// layers that its configuration names by their digests: headers, their order and
// padding are in the record, contents are in the tree.
//
// # Model
//
// A record is what github.com/vbatts/tar-split writes, compressed with gzip: JSON
// objects, each a segment of raw bytes, or the name and size of a file whose
// content stands there. A file's checksum (CRC-64) is compared if there is one;
// ours have none, since the digest of the whole is compared anyway.
//
//	Record   what an unpacker (internal/layer) tells, to a record
//	Write    record and tree to the tar
//
// # Invariants
//
//   - Names are looked up below the tree's root, links included: a record that
//     was forged reads nothing else.
//   - A file that is shorter or longer than the record says is an error.
//
// # Limits
//
// An archive that has a name twice, or a file and later a directory of one name,
// leaves a tree that has the last one only: it has no record (layer.Stats.Replaced).
package exact
