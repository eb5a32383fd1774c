// Package early runs what must start fast: the roles of our own processes, and
// the commands that need no compose file once a project is up (ps, exec, logs,
// ls, version, stop, start, restart, kill, cp, top, events, port, images, and down by
// name).
//
// Why: the binary also holds the compose loader, whose schema validator costs
// several milliseconds of package initialisation in every process, used or not.
// An empty Go program starts in one or two.
//
// How: Go initialises packages sorted by import path, each as soon as all its
// imports are ready (language specification, "Program initialization", since
// Go 1.21). This package's path sorts before the validator's, and it imports
// little, so its init function runs first. It does one of three things:
//
//	a role       `mocker-compose __role NAME ARG...`  runs it and exits
//	a command    parses cleanly, project known        runs it and exits
//	all else     returns; initialisation goes on, main and cobra take over
//
// The commands parse with the same flag definitions as cobra's and call the
// same functions (internal/client), so that both ways differ in nothing but time.
//
// # Invariants
//
//   - Nothing is printed and nothing is changed before it is certain that a
//     command is carried out here.
//   - Imports stay light. The test reads GODEBUG=inittrace=1 and fails when the
//     validator, cobra or the template packages are initialised before us.
//
// # Limits
//
// The way through the files goes without a YAML parser: see client.Env.Guess.
// Where that is not certain, main does it all over again, some milliseconds later.
package early
