// Package copytar moves files between a container and its user, as docker cp
// does: as a tar stream, between two root directories that do not trust each
// other.
//
// # Model
//
//	Pack     a path below a root  ──▶ tar
//	Unpack   tar ──▶ a path below a root
//	Mirror   tar ──▶ names below a path become what the stream says, or go (watch)
//	Serve    any of them in a process of its own, on a container's root
//
// The caller's side runs in the command line, on the caller's own "/". The
// container's side runs in a confined child of the supervisor (internal/confine),
// whose root directory is the container's: it is the one that meets links which
// somebody plants or exchanges meanwhile, and there is nothing else it could reach.
//
// # Rules, with SRC a directory (D/, D), the content of one (D/.) or a file
//
//	DST is           D           D/.            file
//	a directory      DST/D       into DST       DST/file
//	a file           error       error          overwritten
//	missing          DST         DST            DST; an error if it ends in "/"
//
// Parents of DST must exist. A directory never replaces something else, nor the
// other way round. Links in the path of DST, and DST itself, are followed; SRC is
// followed when it ends in "/" or "/.", or when asked. Whatever was copied out
// belongs to the caller; what was copied in belongs to root of the container,
// unless ids are asked for. Directories that exist keep owner and mode.
//
// # Invariants
//
//   - Every name is resolved below the root (safepath); the last one is never
//     followed when something is made. New files are made with O_EXCL.
//   - What comes out of a container is unpacked without following any link, be it
//     in the stream or planted in the target meanwhile, and without setuid bits.
//   - A file that Mirror replaces is old or new, whole and never half; what it has left when
//     it was killed, the next Mirror to the same destination removes (draft).
//   - Nothing but regular files is opened for its content; a file is compared with
//     what was looked at before.
//
// # Limits
//
// Extended attributes, sockets and devices are left out. Files that are written
// meanwhile are copied as they come; one that becomes shorter is an error.
package copytar
