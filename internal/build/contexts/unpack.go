package contexts

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/mocker-compose/mocker-compose/internal/build/copying"
)

// Role starts our binary in a role, in the user namespace, in namespaces of its own if
// isolated, and returns its exit code (rootless.RunRoleInside).
type Role func(ctx context.Context, args []string, stdio [3]*os.File, isolated bool) (int, error)

// isPacked tells by its first bytes whether a file is an archive.
func isPacked(path string) (bool, error) {
	f, err := os.Open(path)
	if err != nil {
		return false, err
	}
	defer f.Close()
	return copying.LooksPacked(f), nil
}

// maxAnswer is far above any answer, and below what a pipe holds (pipe(7)).
const maxAnswer = 16 << 10

// unpack has an archive unpacked by a confined process: all belongs to the caller.
func (o *Options) unpack(ctx context.Context, archive, dir string) error {
	in, err := os.Open(archive)
	if err != nil {
		return err
	}
	defer in.Close()
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	defer r.Close()
	arg, err := json.Marshal(copying.Request{Single: true, Dir: dir})
	if err != nil {
		return errors.Join(err, w.Close())
	}
	code, err := o.Role(ctx, []string{copying.Role, string(arg)}, [3]*os.File{in, w, os.Stderr}, true)
	err = errors.Join(err, w.Close())
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err != nil {
		return err
	}
	var said bytes.Buffer
	if _, err := io.Copy(&said, io.LimitReader(r, maxAnswer)); err != nil {
		return err
	}
	res, err := copying.Answer(said.Bytes(), exitCode(code), "")
	if err == nil && !res.Archive {
		err = errors.New("it is not a tar archive")
	}
	return err
}

func exitCode(code int) error {
	if code == 0 {
		return nil
	}
	return fmt.Errorf("exit code %d", code)
}
