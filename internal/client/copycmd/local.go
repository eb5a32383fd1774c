package copycmd

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/internal/client"
	"github.com/mocker-compose/mocker-compose/internal/copytar"
)

// The two sides of a copy work at the same time, on both ends of a pipe. What
// fails first makes the other fail too: the error of the one that read or wrote
// files is told, not that of the pipe.

// copyOut brings files out of a container; "-" is our output, as an archive.
func copyOut(ctx context.Context, env *client.Env, t client.Target, o *Options, c *api.Container, from, to string) error {
	req := &api.CopyRequest{Container: c.Name, Path: from, Follow: o.Follow}
	if to == "-" {
		out, err := duplicate(env.Stdout)
		if err != nil {
			return err
		}
		return askCopy(ctx, env, t.Name, req, out)
	}
	local, err := absolute(to)
	if err != nil {
		return err
	}
	root, err := os.Open("/")
	if err != nil {
		return err
	}
	defer root.Close()
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	defer r.Close()
	asked := make(chan error, 1)
	go func() { asked <- askCopy(ctx, env, t.Name, req, w) }()
	left, err := copytar.Unpack(ctx, bufio.NewReaderSize(r, 1<<16), root, local, copytar.Options{Strict: true})
	if err == nil {
		_, err = io.Copy(io.Discard, r) // what fills the last block
	}
	r.Close()
	remote := <-asked
	for _, name := range left {
		env.Warn(fmt.Sprintf("%q is a device and was left out", name))
	}
	switch {
	case remote != nil && (err == nil || errors.Is(err, copytar.ErrEmpty) || errors.Is(err, io.ErrUnexpectedEOF)):
		return remote
	case err != nil:
		return fmt.Errorf("copy to %s: %w", to, err)
	}
	return nil
}

// copyIn brings files into containers; "-" is our input, an archive.
func copyIn(ctx context.Context, env *client.Env, t client.Target, o *Options, cs []api.Container, from, to string) error {
	source, done, err := copySource(env, from, o, len(cs) > 1)
	if err != nil {
		return err
	}
	defer done()
	for n := range cs {
		req := &api.CopyRequest{Container: cs[n].Name, In: true, Path: to, Archive: from == "-", Owners: o.Archive}
		err := copying(env, cs[n].Name, from+" to "+cs[n].Name+":"+to, func() error { return source(ctx, t.Name, req) })
		if err != nil {
			return err
		}
	}
	return nil
}

// copySource makes a function that sends the source to a container; with several
// an archive of our input is kept meanwhile.
func copySource(env *client.Env, from string, o *Options, several bool) (send func(context.Context, string, *api.CopyRequest) error, done func(), err error) {
	if from != "-" {
		local, err := absolute(from)
		return func(ctx context.Context, project string, req *api.CopyRequest) error {
			return sendFiles(ctx, env, project, req, local, o.Follow)
		}, func() {}, err
	}
	input := env.Stdin
	done = func() {}
	if several {
		if input, err = spool(env.Stdin); err != nil {
			return nil, nil, err
		}
		done = func() { input.Close() }
	}
	return func(ctx context.Context, project string, req *api.CopyRequest) error {
		if several {
			if _, err := input.Seek(0, io.SeekStart); err != nil {
				return err
			}
		}
		f, err := duplicate(input)
		if err != nil {
			return err
		}
		return askCopy(ctx, env, project, req, f)
	}, done, nil
}

// sendFiles packs local files for a container.
func sendFiles(ctx context.Context, env *client.Env, project string, req *api.CopyRequest, from string, follow bool) error {
	root, err := os.Open("/")
	if err != nil {
		return err
	}
	defer root.Close()
	return Stream(ctx, env, project, req, func(w io.Writer) error { return copytar.Pack(ctx, w, root, from, follow) })
}

// Stream has a container's side do its part of a copy with what pack writes.
func Stream(ctx context.Context, env *client.Env, project string, req *api.CopyRequest, pack func(io.Writer) error) error {
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	asked := make(chan error, 1)
	go func() { asked <- askCopy(ctx, env, project, req, r) }()
	b := bufio.NewWriterSize(w, 1<<16)
	if err = pack(b); err == nil {
		err = b.Flush()
	}
	w.Close()
	if remote := <-asked; remote != nil && (err == nil || errors.Is(err, unix.EPIPE)) {
		return remote
	}
	return err
}

// spool copies r into a file without a name.
func spool(r io.Reader) (*os.File, error) {
	f, err := os.CreateTemp("", "mocker-compose-cp-*")
	if err != nil {
		return nil, err
	}
	err = os.Remove(f.Name())
	if err == nil {
		_, err = io.Copy(f, r)
	}
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("keep the archive for several containers: %w", err)
	}
	return f, nil
}

// duplicate is another descriptor of an open file.
func duplicate(f *os.File) (*os.File, error) {
	fd, err := unix.FcntlInt(f.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("duplicate %s: %w", f.Name(), err)
	}
	return os.NewFile(uintptr(fd), f.Name()), nil
}
