// Package contexts opens what a build copies from, and finds what each COPY and
// ADD takes of it.
//
// # Purpose
//
// It runs in the client's process as the plain user, on the host's network. What
// the files come to is known without starting anything: an unchanged context
// of ten thousand files is looked at in some tens of milliseconds.
//
// # Model
//
//	Open     an address ──▶ a Context: a directory that is open
//	Select   a Copy ──▶ entries for a worker, and a digest (internal/build/selection)
//	Fetched  further directories that entries may be in: one for each address of an ADD
//
// What is kept for the next build is below the user's data directory (see keep):
// digests of files by what stat(2) says of them, repositories and what of them is
// checked out, files by their addresses. A repository is fetched by the user's own git,
// as shallow as the server allows. An address is asked every time, by what is known of
// it (ETag, Last-Modified), a commit or a file with a checksum only once.
//
// # Invariants
//
//   - What was fetched is visible when it is complete, and is not removed while it
//     is used: each has a lock.
//   - The same commit and the same file are the same layer: files of a commit have
//     its time, fetched ones that of the server, or 1970.
//   - Nothing of a context is written to.
//   - Links of a context are followed inside of it only.
package contexts
