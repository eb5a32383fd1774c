// Package client carries the commands out: it finds the project, speaks with
// the project's supervisor, and prints. The command line's own package only
// ties these functions to flags; internal/early calls the same functions, with
// the same flag definitions, before the compose loader is initialised.
//
// # How a command reaches its project
//
//	name        -p, COMPOSE_PROJECT_NAME, or the compose files ([Env.Name], [Env.Guess])
//	supervisor  run dir/p/NAME/api.sock, one request per connection ([Env.Call]; package reach)
//	records     data dir/p/NAME/state.json, when no supervisor runs ([Env.Containers])
//	logs        the files themselves, always; a supervisor that is dead, busy
//	            or being replaced delays no line
//
// # Invariants
//
//   - Results go to standard output, progress and warnings to standard error.
//   - A supervisor that dies in the middle of a request is started again by its
//     holder; the request, which is idempotent, is repeated (package reach). Only
//     an exec that has reached a container is not (package execcmd).
//   - Reading commands (ps, logs, ls) start nothing. They wait for a supervisor
//     that is being replaced; commands that change the project start what is
//     missing, as often as it dies, within 10 s.
//   - Terminals are given back as they were found, on every way out (packages tty and menu).
//   - An error is a value until the last moment; [Report] turns it into lines
//     and the exit code: 1, or what an [ExitError] says.
//
// # Limits
//
// No import here may be heavy to initialise: see internal/early.
package client
