package contexts

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"github.com/mocker-compose/mocker-compose/internal/build"
	"github.com/mocker-compose/mocker-compose/internal/build/selection"
)

// Context is a directory that files are copied from. Its methods may be called
// at the same time.
type Context struct {
	dir   *os.File
	cache *selection.Cache
	keep  *keep

	// Dockerfile is the text of a context that is a Dockerfile only, at an address.
	Dockerfile []byte

	mu         sync.Mutex
	ignore     []string
	ignoreFile string
	fetched    []*os.File
	held       []io.Closer
}

// Options say where things are.
type Options struct {
	Data string // the user's data directory (state.Dirs)
	Base string // where addresses that are relative paths start; "" = the working directory
	// Role is how an archive at an address is unpacked; nil: that is an error.
	Role Role
}

// ErrNoDirectory says that a context on this machine cannot be one.
var ErrNoDirectory = errors.New("there is no such directory")

// Open opens the context at an address, as docker knows them: a directory, a
// repository of git (git://, ssh://, git@HOST:, http(s)://….git, with #REF:DIRECTORY), or the
// address of an archive or of a Dockerfile. Close must be called.
func Open(ctx context.Context, address string, o Options) (*Context, error) {
	k, err := openKeep(o.Data)
	if err != nil {
		return nil, err
	}
	if isRemote(address) {
		c, err := openRemote(ctx, address, k, o)
		if err != nil {
			return nil, fmt.Errorf("build context: %w", err)
		}
		return c, nil
	}
	path := address
	if !filepath.IsAbs(path) {
		path = filepath.Join(o.Base, path)
	}
	return openDirectory(path, k)
}

func openDirectory(path string, k *keep) (*Context, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	dir, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("build context %s: %w", path, ErrNoDirectory)
	}
	if err != nil {
		return nil, fmt.Errorf("build context: %w", err)
	}
	st, err := dir.Stat()
	if err == nil && !st.IsDir() {
		err = fmt.Errorf("build context %s: it is a file: %w", path, ErrNoDirectory)
	}
	var c *Context
	if err == nil {
		c, err = newContext(dir, path, k)
	}
	if err != nil {
		return nil, errors.Join(err, dir.Close())
	}
	return c, nil
}

// newContext is one of an open directory, which path is a name of.
func newContext(dir *os.File, path string, k *keep) (*Context, error) {
	cache, err := selection.OpenCache(k.path(kindFiles, name(path)))
	if err != nil {
		return nil, err
	}
	return &Context{dir: dir, cache: cache, keep: k}, nil
}

// Ignore hides what patterns match, which stand in file: its name is for messages.
func (c *Context) Ignore(patterns []string, file string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ignore, c.ignoreFile = patterns, file
}

// Dir is the directory; it stays the context's.
func (c *Context) Dir() (*os.File, error) { return c.dir, nil }

// Fetched are the directories that entries with a Fetched number are in, the
// first at 0. They stay the context's.
func (c *Context) Fetched() []*os.File {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.fetched[:len(c.fetched):len(c.fetched)]
}

// Select finds what a copy takes, in the order in which it is to be made, and a
// digest of it: where each entry goes, its kind, mode and content. What an ADD has by
// addresses is fetched. A source that is not there is a *[selection.NotFoundError].
func (c *Context) Select(ctx context.Context, cp *build.Copy) ([]build.Entry, string, error) {
	if remotes(cp) {
		return c.add(ctx, cp)
	}
	return c.tree().Select(ctx, selection.Of(cp))
}

func (c *Context) tree() *selection.Tree {
	c.mu.Lock()
	defer c.mu.Unlock()
	return &selection.Tree{Root: c.dir, Ignore: c.ignore, IgnoreFile: c.ignoreFile, Cache: c.cache}
}

// Close ends the use of the context, and keeps what was learned of its files.
func (c *Context) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	err := c.cache.Save()
	for _, f := range c.fetched {
		err = errors.Join(err, f.Close())
	}
	for _, h := range c.held {
		err = errors.Join(err, h.Close())
	}
	return errors.Join(err, c.dir.Close())
}
