package contexts

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/build"
	"github.com/mocker-compose/mocker-compose/internal/build/selection"
	"github.com/mocker-compose/mocker-compose/internal/safepath"
)

// selected is what one or several sources of a copy come to.
type selected struct {
	entries []build.Entry
	digest  string
}

// remotes reports that an ADD has sources that are fetched.
func remotes(cp *build.Copy) bool {
	if !cp.Add {
		return false
	}
	for _, p := range cp.Paths {
		if isRemote(p) {
			return true
		}
	}
	return false
}

// add is Select for an ADD with addresses, in the order of the sources.
func (c *Context) add(ctx context.Context, cp *build.Copy) ([]build.Entry, string, error) {
	var all []selected
	for _, p := range cp.Paths {
		s, err := c.source(ctx, cp, p)
		if err != nil {
			return nil, "", err
		}
		all = append(all, s)
	}
	var entries []build.Entry
	sum := sha256.New()
	for _, s := range all {
		entries = append(entries, s.entries...)
		fmt.Fprintln(sum, s.digest)
	}
	return entries, "sha256:" + hex.EncodeToString(sum.Sum(nil)), nil
}

func (c *Context) source(ctx context.Context, cp *build.Copy, path string) (selected, error) {
	a, git, err := parseGit(path)
	switch {
	case err != nil:
		return selected{}, err
	case git:
		return c.addGit(ctx, cp, a)
	case isURL(path):
		return c.addURL(ctx, cp, path)
	}
	src := selection.Of(cp)
	src.Paths = []string{path}
	entries, digest, err := c.tree().Select(ctx, src)
	return selected{entries, digest}, err
}

func (c *Context) addURL(ctx context.Context, cp *build.Copy, address string) (selected, error) {
	f, err := c.keep.fetch(ctx, address, cp.Checksum)
	if err != nil {
		return selected{}, err
	}
	c.hold(f)
	s, err := c.fetchedTree(ctx, f.path, selection.Sources{Paths: []string{literal(f.Name)}})
	// The time that the server says is part of the layer.
	s.digest += " " + f.Modified
	return s, err
}

func (c *Context) addGit(ctx context.Context, cp *build.Copy, a gitAddress) (selected, error) {
	if cp.Checksum != "" {
		a.commit = cp.Checksum
	}
	h, _, err := c.keep.checkout(anonymous(ctx), a, cp.KeepGitDir)
	if err != nil {
		return selected{}, err
	}
	c.hold(h)
	dir, err := subdirectory(h.path, a)
	if err != nil {
		return selected{}, err
	}
	return c.fetchedDir(ctx, dir, selection.Sources{Paths: []string{"/"}, Exclude: cp.Exclude})
}

// subdirectory opens a directory of a checkout.
func subdirectory(path string, a gitAddress) (*os.File, error) {
	root, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	dir, err := safepath.OpenInRoot(root, a.dir, unix.O_RDONLY|unix.O_DIRECTORY)
	if err != nil {
		return nil, fmt.Errorf("%s: there is no directory %q in the repository", redacted(a.asItIsGiven), a.dir)
	}
	return dir, nil
}

func (c *Context) fetchedTree(ctx context.Context, path string, src selection.Sources) (selected, error) {
	dir, err := os.Open(path)
	if err != nil {
		return selected{}, err
	}
	return c.fetchedDir(ctx, dir, src)
}

// fetchedDir selects in a further directory, which becomes the context's.
func (c *Context) fetchedDir(ctx context.Context, dir *os.File, src selection.Sources) (selected, error) {
	c.mu.Lock()
	c.fetched = append(c.fetched, dir)
	number := len(c.fetched)
	c.mu.Unlock()
	entries, digest, err := (&selection.Tree{Root: dir}).Select(ctx, src)
	for i := range entries {
		entries[i].Fetched = number
	}
	return selected{entries, digest}, err
}

// hold keeps something until the context is closed.
func (c *Context) hold(h io.Closer) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.held = append(c.held, h)
}

// literal is a pattern that matches a name only.
func literal(name string) string {
	return strings.NewReplacer(`[`, `[[]`, `*`, `[*]`, `?`, `[?]`, `\`, `[\\]`).Replace(name)
}

// openRemote opens the context at an address that is no directory of this machine.
func openRemote(ctx context.Context, address string, k *keep, o Options) (*Context, error) {
	a, git, err := parseGit(address)
	if err != nil {
		return nil, err
	}
	if git {
		return openGit(ctx, a, k)
	}
	f, err := k.fetch(ctx, address, "")
	if err != nil {
		return nil, err
	}
	path := filepath.Join(f.path, f.Name)
	packed, err := isPacked(path)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	if !packed {
		return openText(path, f, k)
	}
	defer f.Close()
	if o.Role == nil {
		return nil, fmt.Errorf("%s: archives cannot be unpacked here", redacted(address))
	}
	h, err := k.get(ctx, kindTar, name(f.Digest), func(dir string) error { return o.unpack(ctx, path, dir) })
	if err != nil {
		return nil, fmt.Errorf("%s: %w", redacted(address), err)
	}
	c, err := openDirectory(h.path, k)
	if err != nil {
		return nil, errors.Join(err, h.Close())
	}
	c.hold(h)
	return c, nil
}

func openGit(ctx context.Context, a gitAddress, k *keep) (*Context, error) {
	h, _, err := k.checkout(ctx, a, false)
	if err != nil {
		return nil, err
	}
	dir, err := subdirectory(h.path, a)
	if err != nil {
		return nil, errors.Join(err, h.Close())
	}
	c, err := newContext(dir, filepath.Join(h.path, a.dir), k)
	if err != nil {
		return nil, errors.Join(err, dir.Close(), h.Close())
	}
	c.hold(h)
	return c, nil
}

// maxText is more than a Dockerfile may have: who parses it says how much that is.
const maxText = 4 << 20

// openText is a context that is a Dockerfile and nothing else.
func openText(path string, f *file, k *keep) (*Context, error) {
	st, err := os.Stat(path)
	if err == nil && st.Size() > maxText {
		err = fmt.Errorf("%s is neither an archive nor a Dockerfile", f.Name)
	}
	var text []byte
	if err == nil {
		text, err = os.ReadFile(path)
	}
	var empty *held
	if err == nil {
		empty, err = k.get(context.Background(), kindTar, "empty", func(string) error { return nil })
	}
	err = errors.Join(err, f.Close())
	if err != nil {
		return nil, err
	}
	c, err := openDirectory(empty.path, k)
	if err != nil {
		return nil, errors.Join(err, empty.Close())
	}
	c.hold(empty)
	c.Dockerfile = text
	return c, nil
}
