// Package watch notices changes of files and says what is to be done about them, by the
// rules of develop.watch. It knows no container: [Actions] is all that it needs of one.
//
// # Model
//
//	notifier  inotify (fsnotify), or looking again and again where that gives out:
//	          it says which paths may have changed, no more
//	tree      what a rule has seen of its path: a changed path is compared with it
//	batch     when it has been quiet for long enough
//	worker    one for each service: does what is due, one after the other, and takes
//	          what comes meanwhile together for the next time
//
// An event is a hint. What has happened is found by looking at the path: it is there and
// different, or it was there and is gone. So it does not matter in which order editors
// write, rename and delete, how many events there are, or that the kernel has dropped
// some (then everything is compared). A file that came and went is no change.
//
// What is copied is read when it is copied, not when it was noticed: the newest state
// wins. A path that changes while it is copied has been noted before, and is copied again.
//
// # What a container has
//
// A worker knows which containers have got everything. One that it does not know (a new
// replica, one that was made anew, one that a copy failed for) first gets all that has
// changed since the beginning, and with initial_sync everything there is.
//
// # Invariants
//
//   - A path is noted before it is looked at, and watched before it is read: no change
//     falls in between.
//   - Directories that are ignored as a whole are neither read nor watched.
//   - Links are followed nowhere below a rule's path.
//   - Nothing is deleted in a container that was not seen at the path before: what is
//     ignored, and what the image has besides, stays.
//
// # Limits
//
// fsnotify knows directories by their paths: two that exchange their names are told from
// each other by their inodes, when they are looked at. A rule's path that is a link is
// the directory that the link leads to when the files are read.
package watch
