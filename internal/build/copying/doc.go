// Package copying puts files into the root of a build's step: COPY, ADD and WORKDIR.
//
// # Purpose
//
// It runs in the worker, in the user namespace, where files can be given to their
// owners. Both trees are a stranger's: the one that files come from may change
// while it is read, the one that they go to may have links that lead anywhere.
//
//	Copy      the entries of a build.CopyJob ──▶ a mounted root
//	MakeDir   WORKDIR
//	RunRole   the confined child that unpacks what ADD unpacks
//
// # Rules (Dockerfile reference, COPY and ADD; BuildKit where it is silent)
//
//	the source is       DEST/ or a directory       a file or missing
//	a file              DEST/NAME                   DEST
//	a directory         its content into DEST       DEST is made; a file there is an error
//
// Parents of DEST that are missing are made with mode 0755 (or --chmod's) and belong to
// root (or --chown's user). Links in DEST are followed inside of the root; below
// DEST none is: a directory does not replace something else, nor the other way round;
// what is neither is replaced. Directories that are there get mode, owner and time of
// those that are copied over them, DEST itself the time only. What comes from a context
// belongs to root, what comes from a stage keeps owner and attributes, and times
// and hard links are kept always.
//
// # Invariants
//
//   - Every name is resolved below one of the two roots (safepath), and the last one
//     never through a link when something is made; new files are made with O_EXCL.
//   - A file that is not what it was when it was hashed, or changes while it is read, is
//     in Result.Changed.
//   - Archives are read by a process that has nothing but the directory that it fills.
//
// # Limits
//
// With one id only all files belong to root, and those of others lose setuid and
// setgid bits.
package copying
