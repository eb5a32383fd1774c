// Package ingest is the process that brings images into the store and removes
// them: the role [image.Role] of our binary.
//
// # Purpose
//
// What reads a stranger's archive has nothing to lose: the process has no
// network, sees nothing but the store, and gets the archive as an open file. It
// runs in the user namespace, where it can give files to their owners.
//
// # Model
//
//	standard input    the archive, a pipe, or a directory with an OCI layout; for a
//	                  save, or the tar of a layer, where to write
//	the one argument  image.Request, as JSON
//	standard output   image.Message, a line each; the last one of a failure is the error
//
// Load: what is compressed as a whole or comes through a pipe is spooled into a
// file without a name; documents are read (internal/image/archive); layers that
// are not there are unpacked, some at a time, each compared with both of its
// digests while it streams; all images become visible by one commit. Layer: one
// blob of a pull, through a pipe, for the session of another process. Save and
// Tar: layers out again, by their records (internal/image/exact).
//
// # Invariants
//
//   - Leftovers of killed processes are removed before the process is confined.
//   - No layer is in memory: what a load takes does not depend on its size.
//   - When the reader of standard output has gone, so does the process.
package ingest
