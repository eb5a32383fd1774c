package inside

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/build"
	"github.com/mocker-compose/mocker-compose/internal/build/worker"
	"github.com/mocker-compose/mocker-compose/internal/cause"
	"github.com/mocker-compose/mocker-compose/internal/rootfs"
)

// do carries a job out.
func (p *process) do(ctx context.Context, req *worker.Request, files []*os.File) worker.Answer {
	a := worker.Answer{ID: req.ID}
	var err error
	switch {
	case req.Op == worker.OpRun && req.Run != nil && req.Run.Job.Run != nil:
		a.Layer, err = p.run(ctx, req.Run, files)
	case req.Op == worker.OpCopy && req.Copy != nil && req.Copy.Copy != nil:
		req.Odd.Restore(req.Copy)
		a.Layer, err = p.copy(ctx, req.Copy, req.HasDir, files)
	case req.Op == worker.OpMakeDir && req.MakeDir != nil && req.MakeDir.MakeDir != nil:
		a.Layer, err = p.makeDir(ctx, req.MakeDir)
	case req.Op == worker.OpDigest && req.Copy != nil && req.Copy.Copy != nil:
		a.Digest, err = p.digest(ctx, req.Copy)
	default:
		err = fmt.Errorf("unknown job %q", req.Op)
	}
	switch exit := (*build.ExitError)(nil); {
	case errors.As(err, &exit):
		a.Exit = exit
	case err != nil:
		a.Error = cause.Line(err)
	}
	if errors.Is(err, unix.ENOSPC) && a.Error != "" {
		a.Error += " (in " + p.dirs.Data + "): mocker-compose builder prune and mocker-compose image prune make room"
	}
	return a
}

// oneIDOnly tells whether files can be given to one id only.
func oneIDOnly(dir string) (bool, error) {
	f, err := os.Open(dir)
	if err != nil {
		return false, err
	}
	defer f.Close()
	return rootfs.OneIDOnly(f)
}

// layers are the directories of layers, the topmost first.
func (p *process) layers(keys []string) ([]string, error) {
	var dirs []string
	for _, key := range keys {
		if key != filepath.Base(key) || key == ".." || key == "." {
			return nil, fmt.Errorf("layer %q: not the key of one", key)
		}
		dirs = append([]string{filepath.Join(p.dirs.Images(), "layers", key, "fs")}, dirs...)
	}
	return dirs, nil
}
