// Package volumes keeps the volumes of a user: named ones, which outlive their
// projects, and anonymous ones, which belong to a container.
//
// # On disk
//
//	<data>/volumes/NAME/             what is in it, as containers see it
//	<data>/volumes/.records/NAME     labels, options, whose it is ([Volume])
//	<data>/volumes/.filling, .filled first contents on their way ([Store.Fill])
//	<data>/volumes/.owned            of which volumes an image has said the owner
//	<data>/volumes/.lock             held while volumes come and go
//	<data>/p/PROJECT/c/CONTAINER/volumes   names of those that the container uses
//
// The directory is the volume: one without a record is a volume without labels,
// a record without a directory is what a crash has left, and nothing. A volume
// whose options say that it is a directory of the user's or a tmpfs has an empty
// directory here, as a sign that it exists.
//
// # What must hold
//
//   - A name is checked before it becomes part of a path.
//   - A volume that a container uses, running or not, is not removed: what a
//     container uses is on disk, in its own directory, before the volume is, so
//     neither a crash nor another project makes it forgotten.
//   - [Store.Fill] fills an empty volume, wholly or not at all, and overwrites
//     nothing. Two containers that come at the same time wait for each other
//     (flock(2) on the volume's directory).
//   - Removal is by descriptor and never leaves the directory (package safepath).
//
// # Limits
//
// Files of other ids inside a volume can be removed in the user namespace only:
// whoever calls Remove has to be there.
package volumes
