// Package download keeps the bytes of a blob while they come.
//
// # Purpose
//
// A blob is written into a part, images/downloads/HEX.part, and read behind the
// writer at the same time ([Feed]). What is interrupted goes on where it was.
//
// # Model
//
//	HEX.part   what has come of the blob sha256:HEX, from its beginning; flock:
//	           who has it writes
//
// # Invariants
//
//   - A part is written by one process at a time, and only at its end.
//   - What is in a part is not believed: who uses it compares the digest of all
//     bytes, and drops the part if it is another.
//   - A part that nobody has locked may be removed at any time.
//
// # Limits
//
// A crash of the machine may leave a part with bytes that never came to disk:
// then its digest is wrong, and it is got again.
package download
