package selection

import (
	"context"
	"errors"
	"os"

	"github.com/mocker-compose/mocker-compose/internal/build"
)

// Tree is where sources are.
type Tree struct {
	Root *os.File // the directory; a descriptor with O_PATH serves
	// Ignore are the patterns of the ignore file called IgnoreFile, in its order.
	Ignore     []string
	IgnoreFile string
	// Owners says that ids and extended attributes count, as in the tree of a stage;
	// what comes from a context belongs to root.
	Owners bool
	Cache  *Cache // of file digests; nil = every file is read
}

// Sources is what of a build.Copy says which files it takes.
type Sources struct {
	Paths   []string
	Exclude []string
	Parents bool
}

// Of are the sources of a Copy.
func Of(c *build.Copy) Sources {
	return Sources{Paths: c.Paths, Exclude: c.Exclude, Parents: c.Parents}
}

// Select finds the entries that a copy takes, in the order in which they are to be
// made, directories before what is in them, and a digest of them ("sha256:HEX").
// What is named and is not there is a *NotFoundError; a pattern may match nothing.
func (t *Tree) Select(ctx context.Context, src Sources) ([]build.Entry, string, error) {
	for try := 1; ; try++ {
		found, err := t.find(ctx, src)
		h, digest := hasher{tree: t}, ""
		if err == nil {
			digest, err = h.all(ctx, found)
		}
		var moved *movedError
		if try < tries && errors.As(err, &moved) {
			continue // somebody works in the directory: it is looked at anew
		}
		if err != nil {
			return nil, "", err
		}
		return entries(found, h.gone), digest, nil
	}
}

// List is Select without the digest.
func (t *Tree) List(ctx context.Context, src Sources) ([]build.Entry, error) {
	found, err := t.find(ctx, src)
	return entries(found, nil), err
}

func entries(found []found, gone []bool) []build.Entry {
	out := make([]build.Entry, 0, len(found))
	for i := range found {
		if gone == nil || !gone[i] {
			out = append(out, found[i].Entry)
		}
	}
	return out
}

func (t *Tree) find(ctx context.Context, src Sources) ([]found, error) {
	f := &finder{ctx: ctx, tree: t}
	var err error
	if f.ignore, err = newMatcher(t.Ignore); err != nil {
		return nil, &PatternError{File: t.IgnoreFile, Err: err}
	}
	if f.exclude, err = newMatcher(src.Exclude); err != nil {
		return nil, &PatternError{File: "--exclude", Err: err}
	}
	for _, path := range src.Paths {
		if src.Parents {
			err = f.parents(path)
		} else {
			err = f.source(path)
		}
		if err != nil {
			return nil, err
		}
	}
	return f.out, nil
}
