// Package loader turns compose files into a project.Project. It is the only
// package, beside the commands, that knows the compose-go library.
//
// One load goes through these steps; each can end it with an *Error that
// tells file and line:
//
//	locate    which files, which directory, which environment    project/locate
//	read      each file once, at most MaxFileSize bytes           document
//	bound     depth and size after aliases, variables, ranges     document, ranges.go
//	reach     the same for files that include and extends name    reach.go
//	survey    where services are defined, what they extend        survey.go
//	walk      every key against the support table: unknown keys,
//	          what is degraded, ignored or refused, and where     walk.go
//	load      interpolation, include, extends, merge, schema:
//	          compose-go's, on the nodes that were parsed         compose.go
//	check     what compose-go leaves to the engine                check.go
//	convert   to project.Project, with docker's defaults          convert*.go
//
// Subjects of a conversion that are large are packages: bounds, builds, nets. They see
// the load through a small interface, Source, which keySource implements: faults
// and notices at the line of a key.
//
// The schema is asked only about files that may offend it: compiling it costs
// ten times the rest of a small load, and most files consist of values whose
// shape it is known to accept (package shape).
//
// compose-go's errors carry no line; position.go finds the key that an error
// names in the parsed files, and package remedy says in plain words what the library
// says in Go's. A text that it does not know is passed on as it is; the table of
// mistakes_test.go fails when a new version of the library changes one.
//
// Faults are gathered, so that all can be mended at once: of the syntax of all files; of
// the keys of all files; of the references of all services; of their values. A stage runs
// only if the one before found nothing, and of one line only the first fault is told,
// since what follows from a fault is noise. compose-go ends at its first fault: gather.go
// takes out the key that it names and loads the rest again, for as long as there is more.
// A parser of our own would do without the library's words, but drift from docker compose.
//
// Invariants: nothing is written, nothing is fetched from a network, no
// program is run. Files that are reached by include and extends pass the same
// bounds as the first ones. The result holds no pointer into the loader.
//
// Limits: include and extends know local files only. A notice about a key of
// a file that is reached with a variable project_directory is lost when that
// directory cannot be told before the load.
package loader
