package copying

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/confine"
	"github.com/mocker-compose/mocker-compose/internal/layer"
)

// Role is the process that unpacks an archive, confined to the directory that it
// fills (internal/confine).
const Role = "build-unpack"

// roleArg is what our binary is called with for a role (see internal/early).
const roleArg = "__role"

// Request is that process's argument. The archive is its standard input, the directory
// descriptor 3, or Dir if that is set.
type Request struct {
	Owner  *[2]int `json:"owner,omitempty"` // of all that is in it; nil = as it says
	Single bool    `json:"single,omitempty"`
	Dir    string  `json:"dir,omitempty"`
}

// Unpacked is its answer, on standard output.
type Unpacked struct {
	Archive bool        `json:"archive"` // else nothing was unpacked
	Stats   layer.Stats `json:"stats"`
	Error   string      `json:"error,omitempty"`
}

const (
	dirFD     = 3
	maxAnswer = 16 << 10
	patience  = 5 * time.Second // for the end of a child that was killed
)

// UnpackConfined starts that process. The caller is in the user namespace.
func UnpackConfined(ctx context.Context, archive, dir *os.File, r Request) (Unpacked, error) {
	arg, err := json.Marshal(r)
	if err != nil {
		return Unpacked{}, err
	}
	var out, said bytes.Buffer
	cmd := exec.CommandContext(ctx, "/proc/self/exe", roleArg, Role, string(arg))
	cmd.Stdin, cmd.Stdout, cmd.Stderr = archive, &out, &said
	cmd.ExtraFiles = []*os.File{dir}
	cmd.SysProcAttr = confine.Attributes()
	cmd.Env = slices.DeleteFunc(os.Environ(), func(kv string) bool { return !strings.HasPrefix(kv, "MOCKER_FORCE_") })
	cmd.WaitDelay = patience
	err = cmd.Run()
	if ctx.Err() != nil {
		return Unpacked{}, context.Cause(ctx)
	}
	return Answer(out.Bytes(), err, said.String())
}

// Answer reads what the process wrote; err is how it ended, said what else it printed.
func Answer(out []byte, err error, said string) (Unpacked, error) {
	var u Unpacked
	if jerr := json.Unmarshal(out[:min(len(out), maxAnswer)], &u); jerr != nil {
		return u, fmt.Errorf("the process that unpacks it ended without a result: %w %s", errors.Join(err, jerr), strings.TrimSpace(said))
	}
	if u.Error != "" {
		return u, errors.New(u.Error)
	}
	return u, nil
}

// RunRole is that process. It returns the exit code.
func RunRole(args []string) int {
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	u, err := runRole(ctx, args, func() { go confine.WatchReader(cancel) })
	if err != nil {
		u.Error = err.Error()
	}
	if err := json.NewEncoder(os.Stdout).Encode(u); err != nil || u.Error != "" {
		return 1
	}
	return 0
}

func runRole(ctx context.Context, args []string, watch func()) (Unpacked, error) {
	var r Request
	if len(args) != 1 {
		return Unpacked{}, fmt.Errorf("role %s: %d arguments, wanted one", Role, len(args))
	}
	if err := json.Unmarshal([]byte(args[0]), &r); err != nil {
		return Unpacked{}, fmt.Errorf("role %s: %w", Role, err)
	}
	dir := os.NewFile(dirFD, "/")
	if r.Dir != "" {
		var err error
		if dir, err = os.Open(r.Dir); err != nil {
			return Unpacked{}, err
		}
	}
	defer dir.Close()
	if _, err := confine.Enter(dir); err != nil {
		return Unpacked{}, err
	}
	watch() // not before: see confine.Enter
	return unpackHere(ctx, os.Stdin, dir, r)
}

// unpackHere unpacks the archive in, if it is one, into dir.
func unpackHere(ctx context.Context, in, dir *os.File, r Request) (Unpacked, error) {
	if ok, err := isArchive(ctx, in); !ok || err != nil {
		return Unpacked{}, err
	}
	plain, release, err := layer.Decompress(in)
	if err != nil {
		return Unpacked{}, err
	}
	defer release()
	root, err := openAt(dir, ".", unix.O_RDONLY|unix.O_DIRECTORY, 0)
	if err != nil {
		return Unpacked{}, err
	}
	defer root.Close()
	ahead := layer.ReadAhead(plain)
	defer ahead.Close()
	st, err := layer.Unpack(ctx, ahead, root, layer.Options{Single: r.Single, Whiteouts: layer.Literal, Owner: r.Owner})
	return Unpacked{Archive: true, Stats: st}, err
}

// isArchive looks for a first header, and goes back to the begin of the file. What only
// begins like an archive is copied as the file that it is.
func isArchive(ctx context.Context, in *os.File) (bool, error) {
	plain, release, err := layer.Decompress(in)
	if err != nil {
		return false, rewind(in)
	}
	_, err = tar.NewReader(layer.Bounded(ctx, plain, 1<<20)).Next()
	release()
	if ctx.Err() != nil {
		return false, context.Cause(ctx)
	}
	return err == nil, rewind(in)
}

func rewind(f *os.File) error {
	_, err := f.Seek(0, io.SeekStart)
	return err
}
