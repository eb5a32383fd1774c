package rootfs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/mocker-compose/mocker-compose/internal/confine"
	"github.com/mocker-compose/mocker-compose/internal/layer"
)

// Role is the process that unpacks an archive: confined to the tree that it
// fills (internal/confine).
const Role = "rootfs-unpack"

// Start runs a process of ours in a role, in namespaces of its own if isolated,
// and returns its exit code. It is killed when ctx is done.
type Start func(ctx context.Context, args []string, stdio [3]*os.File, isolated bool) (int, error)

// request is that process's argument; the archive is its standard input.
type request struct {
	Tree   string       `json:"tree"` // an empty directory
	Digest string       `json:"digest"`
	Single bool         `json:"single"`
	Limits layer.Limits `json:"limits"`
}

// result is its answer, on standard output.
type result struct {
	Stats layer.Stats `json:"stats"`
	Error string      `json:"error,omitempty"`
}

// maxResult is far above any answer, and below what a pipe holds (pipe(7)).
const maxResult = 16 << 10

// unpackConfined has the archive in f unpacked by such a process.
func (s *Store) unpackConfined(ctx context.Context, f *os.File, req request) (layer.Stats, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return layer.Stats{}, err
	}
	defer r.Close()
	arg, err := json.Marshal(req)
	if err != nil {
		return layer.Stats{}, errors.Join(err, w.Close())
	}
	code, err := s.Start(ctx, []string{Role, string(arg)}, [3]*os.File{f, w, os.Stderr}, true)
	err = errors.Join(err, w.Close())
	if ctx.Err() != nil {
		return layer.Stats{}, context.Cause(ctx)
	}
	if err != nil {
		return layer.Stats{}, err
	}
	var res result
	b, err := io.ReadAll(io.LimitReader(r, maxResult))
	if err == nil {
		err = json.Unmarshal(b, &res)
	}
	if err != nil {
		return layer.Stats{}, fmt.Errorf("the process that unpacks it ended with code %d and without a result: %w", code, err)
	}
	if res.Error != "" {
		return res.Stats, errors.New(res.Error)
	}
	return res.Stats, nil
}

// RunRole is that process. It returns the exit code.
func RunRole(args []string) int {
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	var res result
	st, err := runRole(ctx, args, func() { go confine.WatchReader(cancel) })
	res.Stats = st
	if err != nil {
		res.Error = err.Error()
	}
	if err := json.NewEncoder(os.Stdout).Encode(res); err != nil || res.Error != "" {
		return 1
	}
	return 0
}

func runRole(ctx context.Context, args []string, watch func()) (layer.Stats, error) {
	var req request
	if len(args) != 1 {
		return layer.Stats{}, fmt.Errorf("role %s: %d arguments, wanted one", Role, len(args))
	}
	if err := json.Unmarshal([]byte(args[0]), &req); err != nil {
		return layer.Stats{}, fmt.Errorf("role %s: %w", Role, err)
	}
	tree, err := os.Open(req.Tree)
	if err != nil {
		return layer.Stats{}, err
	}
	defer tree.Close()
	if _, err := confine.Enter(tree); err != nil {
		return layer.Stats{}, err
	}
	watch() // not before: see confine.Enter
	return unpackFile(ctx, os.Stdin, req, tree)
}
