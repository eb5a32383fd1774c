package copying

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/build"
	"github.com/mocker-compose/mocker-compose/internal/build/selection"
)

// Options are the trees of a copy, and what it may call.
type Options struct {
	// Root gets the files: the mounted root of the step, or with Copy.Link an empty
	// directory.
	Root *os.File
	// Users is the root whose /etc/passwd and /etc/group know --chown's names; nil = Root.
	Users *os.File
	// From is the tree of a stage or an image; nil: CopyJob.Dir and CopyJob.Fetched.
	From *os.File
	// Single says that there is one id only, so that everything is root's.
	Single bool
	// Unpack unpacks an archive, as [Unpack] does, which is the default.
	Unpack func(ctx context.Context, archive, dir *os.File, r Request) (Unpacked, error)
}

// Result says what was not as it should be.
type Result struct {
	// Changed are the sources that were not any more what they were when they were
	// hashed, or changed while they were read.
	Changed []string
	Notices []string // lines for the user
}

// copier carries out one job.
type copier struct {
	ctx    context.Context
	o      Options
	cp     *build.Copy
	owner  *ids // --chown; nil: as it comes
	chmod  *chmod
	dest   *dest
	links  map[inode]string // first copy of a file with several names, below dest
	dirs   []finish
	parent lastDir
	res    Result
}

type (
	ids   struct{ uid, gid int }
	inode struct{ dev, ino uint64 }
)

// Copy carries a job out. On an error the root has what was done so far.
func Copy(ctx context.Context, job *build.CopyJob, o Options) (Result, error) {
	c := &copier{ctx: ctx, o: o, cp: job.Copy, links: map[inode]string{}}
	defer c.close()
	err := c.run(job)
	return c.res, err
}

func (c *copier) close() {
	c.parent.close()
	if c.dest != nil {
		c.dest.close()
	}
}

func (c *copier) run(job *build.CopyJob) (err error) {
	if c.owner, err = c.findOwner(); err != nil {
		return err
	}
	if c.chmod, err = parseChmod(c.cp.Chmod); err != nil {
		return err
	}
	entries := job.Entries
	if c.o.From != nil {
		tree := selection.Tree{Root: c.o.From, Owners: true}
		if entries, err = tree.List(c.ctx, selection.Of(c.cp)); err != nil {
			return err
		}
	}
	if err := c.place(entries); err != nil {
		return err
	}
	for i := range entries {
		if c.ctx.Err() != nil {
			return context.Cause(c.ctx)
		}
		e := &entries[i]
		from, err := c.from(job, e)
		if err != nil {
			return err
		}
		if err := c.entry(from, e); err != nil {
			return c.explain(e, err)
		}
	}
	for i := range c.cp.Files {
		if err := c.here(&c.cp.Files[i]); err != nil {
			return err
		}
	}
	return c.finishDirs()
}

// from is the tree that an entry is in.
func (c *copier) from(job *build.CopyJob, e *build.Entry) (*os.File, error) {
	switch {
	case e.Fetched > 0 && e.Fetched <= len(job.Fetched):
		return job.Fetched[e.Fetched-1], nil
	case e.Fetched == 0 && c.o.From != nil:
		return c.o.From, nil
	case e.Fetched == 0 && job.Dir != nil:
		return job.Dir, nil
	}
	return nil, fmt.Errorf("copy %q: nobody says where it is", e.Path)
}

// explain adds which entry it is about, unless it says so.
func (c *copier) explain(e *build.Entry, err error) error {
	var told *destError
	if errors.As(err, &told) || c.ctx.Err() != nil {
		return err
	}
	var path *fs.PathError
	if errors.As(err, &path) {
		err = path.Err
	}
	if errors.Is(err, unix.EACCES) && c.o.From == nil {
		return fmt.Errorf("copy %q: %w: make it readable for you, or leave it out by a line in .dockerignore", "/"+e.Path, err)
	}
	return fmt.Errorf("copy %q: %w", "/"+e.Path, err)
}

// destError is about the destination, in docker's words.
type destError struct{ text string }

func (e *destError) Error() string { return e.text }

// entry makes one entry.
func (c *copier) entry(from *os.File, e *build.Entry) error {
	kind := e.Seen.Mode & unix.S_IFMT
	if e.To == "" && kind == unix.S_IFDIR {
		return c.top(e)
	}
	dir, base, err := c.target(e)
	if err != nil {
		return err
	}
	if kind == unix.S_IFREG && e.Name != "" && c.mayUnpack(e) {
		if done, err := c.unpack(from, e); done || err != nil {
			return err
		}
	}
	switch kind {
	case unix.S_IFDIR:
		return c.directory(from, e, dir, base)
	case unix.S_IFREG:
		return c.file(from, e, dir, base)
	case unix.S_IFLNK:
		return c.link(from, e, dir, base)
	case unix.S_IFIFO:
		return c.fifo(from, e, dir, base)
	}
	return fmt.Errorf("it is neither file, directory nor link (mode %o)", e.Seen.Mode)
}

// here makes a here-document.
func (c *copier) here(f *build.File) error {
	mode := f.Mode
	if mode == 0 {
		mode = 0o644
	}
	e := &build.Entry{Name: f.Name, Seen: build.Seen{Mode: unix.S_IFREG | mode}}
	dir, base, err := c.target(e)
	if err != nil {
		return err
	}
	out, err := c.create(dir, base, e)
	if err != nil {
		return err
	}
	_, err = out.WriteString(strings.Clone(f.Data))
	err = errors.Join(err, c.attributes(out, nil, &e.Seen, nil), out.Close())
	if err != nil {
		return fmt.Errorf("write %s: %w", c.shown(e), err)
	}
	return nil
}
