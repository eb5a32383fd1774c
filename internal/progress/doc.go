// Package progress shows what goes on while a command works: containers, images that
// are pulled layer by layer, and the steps of builds.
//
// # Purpose
//
// Whoever works tells events; the mode decides what becomes of them. docker compose's
// and BuildKit's words and shapes are kept, so that people and scripts read them
// without relearning.
//
// # Model
//
//	Event    a thing has a new state; its Parent is the thing that it is part of
//	Display  where events go; one for each command, on standard error
//	Build    the steps of one image's build
//	TTY      a region of lines at the bottom that is drawn anew as things change, and
//	         stays as it is at the end (frame.go: from states to lines; draw.go)
//	Plain    a line for each change; output of build steps as "#5 0.123 text"
//	JSON     an object for each change, with docker compose's keys
//	Quiet    nothing but warnings
//
// # Invariants
//
//   - Only what is a terminal gets control sequences, and nobody's names or output
//     bring any along.
//   - A line is written by one write(2), a frame too.
//   - With an error, what is on the screen stays there.
//
// # Limits
//
// Widths of characters are estimated: wide ones of East Asia and emojis count two,
// combining ones none.
//
// The package is small and light: commands that must be fast have it too.
package progress
