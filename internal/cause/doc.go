// Package cause has the one text for each thing of a machine that keeps a project
// from running, or from running well: why, the commands that mend it on this very
// host, and what is lost meanwhile. `mocker-compose doctor` prints it, and so does
// the command that fails for it.
//
// # Model
//
//	Host    what the machine's files say: /proc, /sys, /etc, and who we are
//	Cause   one reason, with a stable ID; made by a function of this package from a
//	        Host and what the kernel answered
//	Error   a failed step with its Cause: what a command prints
//
// A function is told what has failed (an errno, the text of newuidmap), and finds
// by the files which of the known reasons it is. It attempts nothing itself: that
// is for the caller, who has just failed, or for package doctor.
//
// # Invariants
//
//   - A remedy is a command to copy: for this distribution, this user, this binary.
//     "sudo" is left out for root. What no command can do is said in the Note.
//   - IDs are an interface: scripts and docs/doctor.md name them.
//   - Importing this package costs nothing at start: no tables are made before they
//     are asked for, and it needs nothing of ours.
//
// # Tests
//
// MOCKER_FORCE_HOST=DIR takes the files from below DIR in place of /, and
// MOCKER_FORCE_ERRNO="userns=EPERM inotify=EMFILE" makes attempts of these names fail
// ([Forced]); both are handed on to our own processes.
package cause
