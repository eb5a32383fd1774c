// Package document reads what a registry says of an image: indexes, manifests
// and configurations. It is pure.
//
// # Purpose
//
// [Read] makes a [Document] of bytes that were compared with their digest,
// [Want.Choose] finds the image for a platform in an index, [ReadConfig] goes with
// a manifest.
//
// # Invariants
//
//   - A document has one meaning: the type in the answer's header, the type in the
//     document and its shape agree (CVE-2021-41190).
//   - What the document says of sizes and numbers is bounded before it is used.
//   - Digests are SHA-256: what else the specification allows is refused.
//   - Text of a registry is short and printable before it is in a message.
//
// # Limits
//
// Docker's first schema is refused, and so are layers that are somewhere else
// (foreign, non-distributable) and what is no image: charts, plugins, artifacts.
package document
