// Package mounts finds the sources of a container's mounts, and says in the terms of the
// runtime spec how they are to be mounted.
//
//	type     its source
//	bind     the user's own path, made if the file allows it
//	volume   a directory of internal/volumes, of the user's (driver_opts: device), or in
//	         memory: a tmpfs that the project's holder mounts, for all its containers
//	tmpfs    none
//	image    layers, which the caller finds
//
// A [Keeper] knows the named volumes of the file as they were at the last up. Which
// sources a container has is recorded with it ([Mount] is part of that record), so that a
// later run mounts the same ones.
//
// # Invariants
//
// Nothing that is the user's is changed: a bind is made where there is nothing, a volume
// that exists stays as it is, though the file says something else now, and what is not the
// project's own is never removed. Each of these is said.
package mounts
