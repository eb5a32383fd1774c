package worker

import (
	"context"
	"fmt"
	"io"
	"os"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/build"
)

// Run implements [build.Worker].
func (c *client) Run(ctx context.Context, job *build.RunJob, out io.Writer) (build.Layer, error) {
	r, w, err := pipe()
	if err != nil {
		return build.Layer{}, err
	}
	req := &RunRequest{Job: *job}
	files := []*os.File{w}
	for _, m := range job.Mounts {
		req.Secrets = append(req.Secrets, m.Secret)
		req.Dirs = append(req.Dirs, m.Dir != nil)
		if m.Dir != nil {
			files = append(files, m.Dir)
		}
	}
	copied := make(chan struct{})
	go func() {
		defer close(copied)
		defer r.Close()
		_, _ = io.Copy(out, r) // a reader that has gone does not stop the program
		_, _ = io.Copy(io.Discard, r)
	}()
	a, err := c.call(ctx, &Request{Op: OpRun, Run: req}, files...)
	w.Close()
	<-copied // all that wrote has ended
	return a.Layer, err
}

// pipe is one for a program that is not Go: its writing end blocks.
func pipe() (r, w *os.File, err error) {
	var fds [2]int
	if err := unix.Pipe2(fds[:], unix.O_CLOEXEC); err != nil {
		return nil, nil, fmt.Errorf("pipe for the output: %w", err)
	}
	// Whoever it runs as may open /dev/stdout.
	if err := unix.Fchmod(fds[1], 0o666); err != nil {
		return nil, nil, fmt.Errorf("pipe for the output: %w", err)
	}
	return os.NewFile(uintptr(fds[0]), "output"), os.NewFile(uintptr(fds[1]), "output"), nil
}

// Copy implements [build.Worker].
func (c *client) Copy(ctx context.Context, job *build.CopyJob, _ io.Writer) (build.Layer, error) {
	var files []*os.File
	if job.Dir != nil {
		files = append(files, job.Dir)
	}
	files = append(files, job.Fetched...)
	a, err := c.call(ctx, &Request{Op: OpCopy, Copy: job, HasDir: job.Dir != nil, Odd: oddNames(job)}, files...)
	return a.Layer, err
}

// MakeDir implements [build.Worker].
func (c *client) MakeDir(ctx context.Context, job *build.MakeDirJob) (build.Layer, error) {
	a, err := c.call(ctx, &Request{Op: OpMakeDir, MakeDir: job})
	return a.Layer, err
}

// Digest implements [build.Digester].
func (c *client) Digest(ctx context.Context, job *build.CopyJob) (string, error) {
	a, err := c.call(ctx, &Request{Op: OpDigest, Copy: job})
	return a.Digest, err
}
