// Package diff compares a service as a container was made of it with the service as
// the files have it now: which keys differ, in one line of words each, and what a
// container needs so that the new values hold.
//
// # Needs
//
//	Nothing   who carries out commands reads the value; containers do not
//	Update    the container's record changes, in place, while it runs
//	Restart   the next run has it; the container keeps its id and its files
//	Recreate  another container takes its place, as in docker compose
//
// The table (fields) has an entry for every field of project.Service; a test walks
// over the type and fails when one is missing. Whoever adds a field says there what a
// change of it costs, and may say how it reads.
//
// # Words
//
// A line begins with the key as the compose file has it, with the name of the entry
// behind a dot: "environment.LOG_LEVEL: info -> debug". Contents of configs and
// secrets are compared by their digests, and never appear. Neither do values whose
// name says that they are confidential (PASSWORD, TOKEN …): those are "changed".
// Long values are cut: a line stays a line.
//
// The package is pure: values in, values out.
package diff
