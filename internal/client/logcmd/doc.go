// Package logcmd is `logs`: what containers have written, and with --follow what they
// write.
//
// # Model
//
// The files are read where they are (internal/logs). The supervisor, if one runs, says only
// which containers there are and, with --follow, who comes and goes; one that is dead, busy or
// being replaced delays no line.
//
// # Invariants
//
//   - --follow ends with the last of the containers, after its last line, with the project,
//     at --until, or when nobody reads what is printed any more.
//   - A container that appears is shown from its beginning; one that was shown goes on.
package logcmd
