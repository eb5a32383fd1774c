package selection

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// NotFoundError is a source that is not there.
type NotFoundError struct {
	Path string // as it was looked for, from the root of the tree
	// IgnoreFile is the ignore file that hides it: it is there.
	IgnoreFile string
}

func (e *NotFoundError) Error() string {
	if e.IgnoreFile != "" {
		return fmt.Sprintf("%q: not found: it is there, but %s leaves it out", e.Path, e.IgnoreFile)
	}
	return fmt.Sprintf("%q: not found", e.Path)
}

// PatternError is a pattern that means nothing.
type PatternError struct {
	File string // where it stands
	Err  error
}

func (e *PatternError) Error() string { return fmt.Sprintf("%s: %v", e.File, e.Err) }
func (e *PatternError) Unwrap() error { return e.Err }

// fileError is one of the system's about an entry.
type fileError struct {
	path string
	err  error
}

func (e *fileError) Error() string {
	text := fmt.Sprintf("read %q: %v", "/"+e.path, bare(e.err))
	if errors.Is(e.err, unix.EACCES) || errors.Is(e.err, unix.EPERM) {
		text += ": make it readable for you, or leave it out by a line in .dockerignore"
	}
	return text
}

func (e *fileError) Unwrap() error { return e.err }

// movedError is a file that is not there any more, or no file any more, moments later.
type movedError struct{ path string }

func (e *movedError) Error() string {
	return fmt.Sprintf("%q comes and goes while it is read: stop what writes it, or leave it out by a line in .dockerignore", "/"+e.path)
}

// bare is the system's word, without names that were only parts of the path.
func bare(err error) error {
	var errno unix.Errno
	if errors.As(err, &errno) {
		return errno
	}
	return err
}
