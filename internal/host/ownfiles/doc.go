// Package ownfiles decides whether a container has two ids exchanged, and which: id 0
// and the one that its service runs as, so that what this one writes into the user's
// directories is the user's own (docs/files.md).
//
// # The rules
//
//	x-mocker.own_files    is
//	false                 nothing is exchanged
//	USER, GROUP           these
//	true                  the user that the service runs as; of one that begins as
//	                      root, the one to whom its command gives them by chown, or the
//	                      owner that the image gives to the places of its mounts
//	nothing               as true, where it is safe and wanted ([Wanted.auto])
//
// That is what a service wants by itself ([Wanted.Wish]). Services that have files in
// common are then looked at together ([Settle]): what one calls 999 must not be root's for
// the other. At last the files that are there already have their say ([Wanted.Check]):
// their owner is never guessed at. Data that was written under the other rule is refused,
// or, where nobody has asked, the rule stays the other one, and the command that changes
// the owners is said.
//
// # What is hostile
//
// Names and owners are the image's: they are looked up below its root, and bring about
// nothing but which two of the user's own ids change places. Directories of the user's are
// looked into, never changed: no link is followed, no other file system entered, and the
// look is bounded ([Limit]).
package ownfiles
