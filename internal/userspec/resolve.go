package userspec

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/safepath"
)

// User is who a process runs as.
type User struct {
	UID, GID uint32
	// Groups are the supplementary groups.
	Groups []uint32
	// Home is the home directory; "/" if no file has one.
	Home string
}

// Files gives the container's passwd and group, from the start each time. A
// file that does not exist is empty.
type Files interface {
	Passwd() (io.ReadCloser, error)
	Group() (io.ReadCloser, error)
}

// Resolve finds the ids. groups are further groups by name or number (group_add).
func (s Spec) Resolve(files Files, groups []string) (User, error) {
	u, err := s.resolve(files)
	if err != nil {
		return User{}, fmt.Errorf("user %s: %w", quote(s.text), err)
	}
	for _, g := range groups {
		id, err := groupID(files, g)
		if err != nil {
			return User{}, fmt.Errorf("group_add: %w", err)
		}
		if !slices.Contains(u.Groups, id) {
			u.Groups = append(u.Groups, id)
		}
	}
	return u, nil
}

func (s Spec) resolve(files Files) (User, error) {
	a, err := with(files.Passwd, func(r io.Reader) (*account, error) { return findAccount(r, s.user) })
	if err != nil {
		return User{}, err
	}
	u := User{UID: s.user.id, Home: "/"}
	if a != nil {
		u.UID, u.GID = a.uid, a.gid
		if strings.HasPrefix(a.home, "/") {
			u.Home = a.home
		}
	} else if s.user.name != "" {
		return User{}, fmt.Errorf("%w user: no line of the container's /etc/passwd has the name %s; use a number, or add the user to the image", errUnknown, quote(s.user.name))
	}
	switch {
	case s.withGroup:
		u.GID, err = s.group.resolveGroup(files)
	case a != nil:
		u.Groups, err = with(files.Group, func(r io.Reader) ([]uint32, error) { return memberships(r, a.name) })
	}
	return u, err
}

// groupID reads and resolves an entry of group_add.
func groupID(files Files, text string) (uint32, error) {
	w, err := parseWho("group", text)
	if err != nil {
		return 0, err
	}
	return w.resolveGroup(files)
}

func (w who) resolveGroup(files Files) (uint32, error) {
	if w.name == "" {
		return w.id, nil
	}
	type result struct {
		id    uint32
		found bool
	}
	g, err := with(files.Group, func(r io.Reader) (g result, err error) {
		g.id, g.found, err = findGroup(r, w.name)
		return g, err
	})
	if err == nil && !g.found {
		err = fmt.Errorf("%w group: no line of the container's /etc/group has the name %s; use a number, or add the group to the image", errUnknown, quote(w.name))
	}
	return g.id, err
}

// with opens a file for one reader.
func with[T any](open func() (io.ReadCloser, error), read func(io.Reader) (T, error)) (T, error) {
	f, err := open()
	if err != nil {
		var none T
		return none, err
	}
	defer f.Close()
	return read(f)
}

// InRoot reads text and finds its ids by the files below the directory root,
// the container's "/".
func InRoot(root *os.File, text string, groups []string) (User, error) {
	s, err := Parse(text)
	if err != nil {
		return User{}, err
	}
	return s.Resolve(rootFiles{root}, groups)
}

// rootFiles are the files below a root directory.
type rootFiles struct{ root *os.File }

func (f rootFiles) Passwd() (io.ReadCloser, error) { return f.open("/etc/passwd") }
func (f rootFiles) Group() (io.ReadCloser, error)  { return f.open("/etc/group") }

// open never waits: what is no regular file may be a fifo without a writer.
func (f rootFiles) open(path string) (io.ReadCloser, error) {
	file, err := safepath.OpenInRoot(f.root, path, unix.O_RDONLY|unix.O_NONBLOCK|unix.O_NOCTTY)
	if errors.Is(err, unix.ENOENT) || errors.Is(err, unix.ENOTDIR) {
		return io.NopCloser(strings.NewReader("")), nil
	}
	if err != nil {
		return nil, fmt.Errorf("%s of the container: %w", path, err)
	}
	st, err := file.Stat()
	switch {
	case err != nil:
	case !st.Mode().IsRegular():
		err = errors.New("it is not a regular file")
	case st.Size() > maxFile:
		err = fmt.Errorf("it is larger than %d MiB", maxFile>>20)
	}
	if err != nil {
		file.Close()
		return nil, fmt.Errorf("%s of the container: %w", path, err)
	}
	return file, nil
}
