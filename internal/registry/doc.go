// Package registry gets images from registries (OCI distribution specification)
// into the store.
//
// # Purpose
//
// [Client.Pull] makes an image of a registry one of the store, as `docker pull`
// does. [Client.Digest] and [Client.Describe] ask what a registry has. [Client.Remote]
// is the connection for who writes to one.
//
// # Model
//
//	reference  docker's short forms filled up (internal/image/imageref)
//	endpoints  the mirrors and the registry itself, in the order in which they are
//	           asked (internal/registry/hosts)
//	documents  index, manifest and configuration: small, bounded, compared with
//	           their digests before they are believed (internal/registry/document)
//	layers     a few at a time, each through images/downloads/HEX.part into a
//	           confined process that unpacks it (internal/registry/download)
//
// What came of a layer is in its part and on its way to the unpacker at the same
// time: the unpacker reads what the page cache holds, behind the writer. A
// connection that breaks is opened again for the rest, in this pull or the next,
// and the unpacker does not notice. The digest is always of all bytes, and it is
// the unpacker that compares it: nothing is visible in the store before.
//
// # Invariants
//
//   - What a registry says is used for nothing before its digest was compared,
//     but for the digest that a tag leads to.
//   - Who has the lock of a part downloads it; others wait and find the layer
//     in the store.
//   - A part is removed when its layer is in the store, and when its bytes were
//     not those of the digest.
//   - No layer is in memory, whatever its size.
//   - Credentials go to the host they are for, and to the token server that it
//     names, never to where it redirects.
//
// # Limits
//
// Images of docker's first schema are refused. Layers with addresses of their own
// (foreign ones) are, too. The library's token client refuses a token server that
// is named by a private IP address, unless it is the registry's.
package registry
