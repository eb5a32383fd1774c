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
// What is kept for the next build is below the user's data directory: digests of
// files by what stat(2) says of them.
//
// # Invariants
//
//   - Nothing of a context is written to.
//   - Links of a context are followed inside of it only.
package contexts
