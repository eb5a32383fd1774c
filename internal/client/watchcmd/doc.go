// Package watchcmd is the command watch, and what `up --watch` has of it: it turns the
// rules of services into those of internal/watch, and does to containers what they say.
//
// # Model
//
//	sync     a tar stream of what is at the paths now, for each container: by the request
//	         of cp, whose other end makes names below the target what the stream says
//	rebuild  imageprep, then an up of that service alone
//	restart  the request of restart: dependents with restart: true follow
//	exec     the request of exec, once for each container that runs
//
// What builds and commands print becomes lines, which are told like everything else: a
// terminal with log lines and a menu has one writer.
//
// # Invariants
//
//   - A project has one watch at a time, be it watch, up --watch or the key of up: whoever
//     comes second is told which process it is ([state.TryNamed]).
//   - Nothing is copied to where the user's own files are mounted.
//   - A file is read by its descriptor, which was opened without following a link below
//     the rule's path.
package watchcmd
