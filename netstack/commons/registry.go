package commons

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/state"
)

// Registry is the part of a user's run dir that projects share.
type Registry struct {
	run string
}

// Open is the registry below a run dir; it makes nothing.
func Open(run string) *Registry { return &Registry{run} }

func (r *Registry) root() string              { return filepath.Join(r.run, "net") }
func (r *Registry) dir(network string) string { return filepath.Join(r.root(), network) }
func (r *Registry) statePath(n string) string { return filepath.Join(r.dir(n), "state") }
func (r *Registry) membersDir(network string) string {
	return filepath.Join(r.dir(network), "p")
}

func (r *Registry) memberPath(network, project string) string {
	return filepath.Join(r.membersDir(network), project)
}

// Lock keeps all others from joining, leaving and taking addresses, until the
// file is closed.
func (r *Registry) Lock(ctx context.Context) (*os.File, error) {
	return state.WaitLock(ctx, filepath.Join(r.run, "networks.lock"), unix.LOCK_EX)
}

// Networks are those that some project is or was on, sorted.
func (r *Registry) Networks() ([]string, error) { return names(r.root()) }

// Projects are those that have a file on the network, living or dead, sorted.
func (r *Registry) Projects(network string) ([]string, error) { return names(r.membersDir(network)) }

// names are the entries of a directory without hidden ones, which are files that
// are being written; none if it does not exist.
func names(dir string) (out []string, err error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), ".") && !strings.Contains(e.Name(), ".corrupt-") {
			out = append(out, e.Name())
		}
	}
	return out, err
}

// State is what was last agreed on; the zero value if nothing was since the
// machine started.
func (r *Registry) State(network string) (s State, err error) {
	err = load(r.statePath(network), &s)
	return s, err
}

// SetState changes it. The caller has the lock.
func (r *Registry) SetState(network string, s State) error {
	if err := r.make(network); err != nil {
		return err
	}
	return state.Save(r.statePath(network), s)
}

// Member is what a project has on file, nil if nothing.
func (r *Registry) Member(network, project string) (*Member, error) {
	path := r.memberPath(network, project)
	if _, err := os.Lstat(path); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, nil //nolint:nilnil // no file is an answer
		}
		return nil, err
	}
	m := &Member{}
	if err := load(path, m); err != nil {
		return nil, err
	}
	m.Project = project
	return m, nil
}

// Members reads all files of a network, sorted by project. One that cannot be
// read is an error: its addresses would be given out again.
func (r *Registry) Members(network string) ([]Member, error) { return r.Others(network, "") }

// Others is Members without one project's.
func (r *Registry) Others(network, project string) ([]Member, error) {
	projects, err := r.Projects(network)
	if err != nil {
		return nil, err
	}
	var out []Member
	for _, p := range projects {
		if p == project {
			continue
		}
		m, err := r.Member(network, p)
		if err != nil {
			return nil, err
		}
		if m != nil {
			out = append(out, *m)
		}
	}
	return out, nil
}

// Save replaces a project's file. New addresses in it need the lock.
func (r *Registry) Save(network string, m *Member) error {
	if err := r.make(network); err != nil {
		return err
	}
	return state.Save(r.memberPath(network, m.Project), m)
}

// Remove removes a project's file, and with the last one all of the network's.
// The caller has the lock. A file that is not there is no error.
func (r *Registry) Remove(network, project string) error {
	if err := os.Remove(r.memberPath(network, project)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	left, err := r.Projects(network)
	if err != nil || len(left) > 0 {
		return err
	}
	if err := os.RemoveAll(r.dir(network)); err != nil {
		return err
	}
	if err := os.Remove(r.root()); err != nil && !errors.Is(err, unix.ENOTEMPTY) && !errors.Is(err, unix.EEXIST) && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// Leave removes what a project has on any network, and on those the files of the
// dead: to be called when all of the project has ended.
func (r *Registry) Leave(ctx context.Context, project string, lives func(network, project string) bool) error {
	networks, err := r.Networks()
	if err != nil || len(networks) == 0 {
		return err
	}
	lock, err := r.Lock(ctx)
	if err != nil {
		return err
	}
	defer lock.Close()
	var errs []error
	for _, n := range networks {
		if m, err := r.Member(n, project); m == nil && err == nil {
			continue
		}
		errs = append(errs, r.Remove(n, project))
		_, err := r.Sweep(n, func(other string) bool { return lives(n, other) })
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// Users are the projects on a network that live. The files of others are removed.
func (r *Registry) Users(ctx context.Context, network string, lives func(project string) bool) ([]string, error) {
	if projects, err := r.Projects(network); err != nil || len(projects) == 0 {
		return nil, err
	}
	lock, err := r.Lock(ctx)
	if err != nil {
		return nil, err
	}
	defer lock.Close()
	return r.Sweep(network, lives)
}

// Sweep is Users for who has the lock.
func (r *Registry) Sweep(network string, lives func(project string) bool) ([]string, error) {
	projects, err := r.Projects(network)
	if err != nil {
		return nil, err
	}
	var errs []error
	alive := slices.DeleteFunc(slices.Clone(projects), func(p string) bool { return !lives(p) })
	for _, p := range projects {
		if !slices.Contains(alive, p) {
			errs = append(errs, r.Remove(network, p))
		}
	}
	return alive, errors.Join(errs...)
}

func (r *Registry) make(network string) error {
	for _, dir := range []string{r.run, r.root(), r.dir(network), r.membersDir(network)} {
		if err := state.MakePrivate(dir); err != nil {
			return err
		}
	}
	return nil
}

// load reads a record of this boot; without one v stays as it is.
func load(path string, v any) error {
	sameBoot, err := state.Load(path, v)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil && !sameBoot {
		return reset(v)
	}
	return err
}

func reset(v any) error {
	switch v := v.(type) {
	case *State:
		*v = State{}
	case *Member:
		*v = Member{}
	}
	return nil
}
