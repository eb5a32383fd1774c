package inside

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/build/harvest"
	"github.com/mocker-compose/mocker-compose/internal/confine"
	"github.com/mocker-compose/mocker-compose/internal/containertree"
	"github.com/mocker-compose/mocker-compose/internal/layer"
	"github.com/mocker-compose/mocker-compose/internal/safepath"
	"github.com/mocker-compose/mocker-compose/rootless/sandbox"
)

// Run carries the request in args out and returns the exit code.
func Run(args []string) int {
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	go confine.WatchReader(cancel)
	a, err := run(ctx, args)
	if err != nil {
		a = containertree.Answer{Error: err.Error()}
	}
	if json.NewEncoder(os.Stdout).Encode(a) != nil || err != nil {
		return 1
	}
	return 0
}

func run(ctx context.Context, args []string) (a containertree.Answer, err error) {
	var req containertree.Request
	if len(args) != 1 {
		return a, fmt.Errorf("role %s: %d arguments, wanted one", containertree.Role, len(args))
	}
	if err := json.Unmarshal([]byte(args[0]), &req); err != nil {
		return a, fmt.Errorf("role %s: %w", containertree.Role, err)
	}
	c := &container{Request: req}
	if _, err := os.Stat(filepath.Join(req.Data, "root")); err == nil {
		c.copied = true
	}
	if _, err := os.Stat(req.Base); err == nil && !c.copied && req.Own.None() {
		c.Lower = append([]string{req.Base}, req.Lower...)
	}
	// Where the kernel makes no overlay, fuse-overlayfs has served the container's.
	served := !c.copied && sandbox.ProbeOverlay(req.Data) != nil
	read := c.whole
	switch {
	case served && req.Changes:
		read = c.servedChanges
	case served:
		read = c.servedWhole
	case req.Changes:
		read = c.changes
	}
	res, err := read(ctx)
	return containertree.Answer{DiffID: res.DiffID, Empty: res.Empty}, err
}

// container is one whose files are read.
type container struct {
	containertree.Request
	copied bool // it has a copy of the image
}

// whole writes the root file system.
func (c *container) whole(ctx context.Context) (harvest.Result, error) {
	var root *os.File
	var err error
	if c.copied {
		root, err = os.Open(filepath.Join(c.Data, "root"))
	} else {
		lower := c.Lower
		if upper := filepath.Join(c.Data, "upper"); exists(upper) {
			lower = append([]string{upper}, lower...)
		}
		root, err = c.overlay(lower)
	}
	if err != nil {
		return harvest.Result{}, err
	}
	defer root.Close()
	return harvest.Layer(ctx, root, harvest.Options{Out: archive{}, Keep: true, Exchange: c.Own})
}

// changes writes what the container has made of its image.
func (c *container) changes(ctx context.Context) (harvest.Result, error) {
	if c.copied {
		return c.difference(ctx)
	}
	upper, err := os.Open(filepath.Join(c.Data, "upper"))
	if errors.Is(err, os.ErrNotExist) {
		return harvest.Result{Empty: true}, nil // it has not been started
	}
	if err != nil {
		return harvest.Result{}, err
	}
	defer upper.Close()
	below, err := c.overlay(c.Lower)
	if err != nil {
		return harvest.Result{}, err
	}
	defer below.Close()
	return harvest.Layer(ctx, upper, harvest.Options{Below: below, Out: archive{}, Keep: true, Exchange: c.Own})
}

// difference compares the container's copy of the image with a new one, which the
// file system makes without copying contents, if it can.
func (c *container) difference(ctx context.Context) (harvest.Result, error) {
	return c.aside(func(at string) (harvest.Result, error) { return c.compared(ctx, at) })
}

// aside runs f with a directory for what it has to copy, in which "upper" is empty.
func (c *container) aside(f func(at string) (harvest.Result, error)) (res harvest.Result, err error) {
	data, err := os.Open(c.Data)
	if err != nil {
		return res, err
	}
	defer data.Close()
	const scratch = "commit"
	if err := safepath.RemoveAll(data, scratch); err != nil {
		return res, fmt.Errorf("what an earlier commit has left: %w", err)
	}
	defer func() { err = errors.Join(err, safepath.RemoveAll(data, scratch)) }()
	at := filepath.Join(c.Data, scratch)
	if err := os.MkdirAll(filepath.Join(at, "upper"), 0o700); err != nil {
		return res, err
	}
	return f(at)
}

func (c *container) compared(ctx context.Context, at string) (res harvest.Result, err error) {
	if err := layer.Copy(ctx, c.Lower, filepath.Join(at, "below")); err != nil {
		return res, err
	}
	var dirs [3]*os.File
	for i, path := range []string{filepath.Join(c.Data, "root"), filepath.Join(at, "below"), filepath.Join(at, "upper")} {
		if dirs[i], err = os.Open(path); err != nil {
			return res, err
		}
		defer dirs[i].Close()
	}
	below, err := sandbox.Bind(filepath.Join(at, "below"))
	if err != nil {
		return res, err
	}
	defer below.Close()
	if err := sandbox.MakeBaseIn(below); err != nil { // as the container's copy has it
		return res, err
	}
	if err := harvest.Extract(ctx, dirs[0], dirs[1], dirs[2], time.Time{}); err != nil {
		return res, err
	}
	return harvest.Layer(ctx, dirs[2], harvest.Options{Below: dirs[1], Out: archive{}})
}

func (c *container) overlay(lower []string) (*os.File, error) {
	switch len(lower) + len(c.Contents) {
	case 0:
		return nil, errors.New("its image has no layers")
	case 1: // an overlay has two at least
		return os.Open(lower[0])
	}
	return sandbox.Overlay(sandbox.Layers{Lower: lower, Data: c.Contents})
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// archive is standard input, which is what to write to, with a name for errors.
type archive struct{}

func (archive) Write(b []byte) (int, error) {
	n, err := os.Stdin.Write(b)
	if at := (*fs.PathError)(nil); errors.As(err, &at) {
		err = &fs.PathError{Op: at.Op, Path: "the archive", Err: at.Err}
	}
	return n, err
}
