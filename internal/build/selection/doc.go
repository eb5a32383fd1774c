// Package selection decides which files a COPY or an ADD takes, and what they
// come to as one digest.
//
// # Purpose
//
// The rules of the Dockerfile reference for sources are carried out once, for
// directories of the host, where an ignore file may hide things, and for the
// trees of stages and images: patterns, links, directories and their contents,
// --exclude and --parents.
//
// # Model
//
//	Tree     an open directory, what is hidden in it, and whether owners count
//	Select   sources ──▶ entries in order, and a digest over them
//	List     the same without the digest: nothing is read but directories
//	Cache    digests of files by what stat(2) says of them, kept on disk
//
// A source without a pattern is looked up as if the tree were "/": links are
// followed, and stay inside. With a pattern (filepath.Match, component by component)
// what matches is found without following links; a match that is a link is followed.
// A directory gives its contents, a file itself. With --parents the path behind
// "/./" is kept, and "**" stands for any number of directories.
//
// The digest covers where each entry goes, its kind and mode, content or the link's
// text, owner where owners count. Times do not count: an unchanged file that was
// checked out again is the same file.
//
// # Invariants
//
//   - Every name is opened below the root's descriptor and never through a link.
//   - A file is in the cache only if its times are older than the moment when it was
//     read by more than the file system's clock is coarse: a change in the
//     same tick could not be seen.
//   - What Select returns says what it saw of each file: who copies compares.
//
// # Limits
//
// Sockets are left out; devices are an error.
package selection
