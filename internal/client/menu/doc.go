// Package menu is the line of keys below the log lines of an `up` in the foreground.
//
// # Model
//
//	Bar    takes everything that is written to the terminal meanwhile: the line is taken
//	       away, the text written, the line drawn again, all in one write
//	keys   what is typed, without Enter and without an echo
//
// The terminal is not raw: Ctrl-C and Ctrl-Z are signals as ever, and line feeds are what
// they were. Only echo and line editing are off (termios(3): ECHO, ICANON).
//
// # States
//
//	awake   the line is drawn, keys are read
//	asleep  we are in the background, or stopped: the terminal is as it was found, and
//	        is not read, which would stop us (SIGTTIN)
//
// Ctrl-Z gives the terminal back before we stop; SIGCONT in the foreground takes it again.
// Who comes to the foreground without having been stopped gets no signal: the terminal is
// asked every half second, while asleep only.
//
// # Invariants
//
//   - The line is drawn at the beginning of a row only: a line of a service that has no
//     end yet is never cut.
//   - After Close the terminal is as it was found, and the line is gone.
//
// # Limits
//
// Who is killed by SIGKILL cannot give anything back. Shells with line editing set the
// terminal right themselves when a program of theirs has ended by a signal.
package menu
