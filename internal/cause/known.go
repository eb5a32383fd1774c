package cause

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"strings"
	"syscall"
)

// Known is the cause of an error: the one that it carries, or one that is known by what
// the kernel answered, whoever asked: no room, too many files, too many processes.
func Known(err error) (Cause, bool) {
	if c, ok := Of(err); ok {
		return c, true
	}
	var at *fs.PathError
	path := errors.As(err, &at) && !strings.HasPrefix(at.Path, "/proc/") && !strings.HasPrefix(at.Path, "/sys/")
	switch {
	case path && (errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)):
		return Full(Here(), DirOf(at.Path), 0, 0), true
	case errors.Is(err, syscall.EMFILE):
		var l syscall.Rlimit
		if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l) == nil {
			return OpenFiles(Here(), l.Max), true
		}
	case errors.Is(err, syscall.ENFILE):
		return AllFiles(Here()), true
	case path && strings.HasPrefix(at.Op, "fork") && errors.Is(err, syscall.EAGAIN):
		return Fork(Here()), true
	}
	return Cause{}, false
}

// Told is an error that a process of ours has told in words, about files below dir: with
// its cause, if the words are that there is no room.
func Told(err error, dir Dir) error {
	for _, full := range []error{syscall.ENOSPC, syscall.EDQUOT} {
		if doing, ok := strings.CutSuffix(err.Error(), ": "+full.Error()); ok {
			return &Error{Doing: doing, Err: full, Cause: Full(Here(), dir, 0, 0)}
		}
	}
	return err
}

// Advise prints what mends the cause of an error, if it is one that is known.
func Advise(w io.Writer, err error) {
	if c, ok := Known(err); ok {
		fmt.Fprintln(w, c.Hint())
	}
}

// ours are the directories that Ours has told.
var ours struct{ run, data string }

// Ours tells which directories are ours, once, before anything fails.
func Ours(run, data string) { ours.run, ours.data = run, data }

// DirOf is the directory of ours that a path is in, or that of the path, which is for
// whatever the user has in it.
func DirOf(path string) Dir {
	below := func(dir string) bool { return dir != "" && strings.HasPrefix(path, dir+"/") }
	switch {
	case below(ours.data):
		return Data(ours.data)
	case below(ours.run):
		return Run(ours.run)
	}
	return Dir{Path: filepath.Dir(path)}
}

// Fork is why no process can be started (fork(2), EAGAIN): the lowest of the limits.
func Fork(h Host) Cause {
	if c, ok := LowPids(h, h.Groups()); ok {
		return c
	}
	var l syscall.Rlimit
	const nproc = 6 // RLIMIT_NPROC, which package syscall does not have
	if err := syscall.Getrlimit(nproc, &l); err != nil {
		l.Max = 0
	}
	return Processes(h, l.Cur)
}

// NoIDs is why a container cannot have an id besides 0.
func NoIDs(h Host) Cause {
	for _, tool := range []string{"newuidmap", "newgidmap"} {
		if c, bad := MapTool(h, tool, h.Program(tool), false, true); bad {
			return c
		}
	}
	if c, bad := SubordinateIDs(h); bad {
		return c
	}
	return Cause{ID: "newuidmap-refused", What: "no other ids are mapped", Note: "see what mocker-compose doctor says of ids", Lost: lostIDs}
}

// NamespaceOf is why a process cannot be born into new namespaces of several kinds:
// that of the lowest limit.
func NamespaceOf(h Host, err error, kinds ...string) Cause {
	low, least := kinds[0], int64(-1)
	for _, k := range kinds {
		if n, ok := h.Number("user.max_" + k + "_namespaces"); ok && (least < 0 || n < least) {
			low, least = k, n
		}
	}
	if least < unlimited || len(kinds) == 1 {
		return Namespace(h, low, err)
	}
	// Inside of our user namespace the user's limits cannot be read: it is any of them.
	c := Namespace(h, kinds[0], err)
	names := []string{"user.max_" + kinds[0] + "_namespaces"}
	for _, k := range kinds[1:] {
		other := Namespace(h, k, err)
		c.Remedy = append(c.Remedy, other.Remedy...)
		names = append(names, "user.max_"+k+"_namespaces")
	}
	if len(c.Remedy) > 1 {
		c.Keep = ""
		c.What = "no more of them may be made: " + strings.Join(names, " or ") + " is reached"
	}
	return c
}

// unlimited is below what a namespace that nobody has limited shows as its limit (INT_MAX).
const unlimited = 1 << 30

// Born adds the cause to the error of a process that was not born, if the kernel's answer is
// that a limit of namespaces or of processes is reached; else err is as it was.
func Born(doing string, err error, kinds ...string) error {
	switch {
	case len(kinds) > 0 && (errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EUSERS)):
		return &Error{doing, err, NamespaceOf(Here(), err, kinds...)}
	case errors.Is(err, syscall.EAGAIN):
		return &Error{doing, err, Fork(Here())}
	}
	return fmt.Errorf("%s: %w", doing, err)
}
