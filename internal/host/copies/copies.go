// Package copies runs the process that packs or unpacks files below a container's root
// (internal/copytar), confined to it.
package copies

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/confine"
	"github.com/mocker-compose/mocker-compose/internal/copytar"
	"github.com/mocker-compose/mocker-compose/rootless"
)

// copyPatience is how long a child may take to end after it was killed, and how
// much it may say.
const (
	copyPatience = 5 * time.Second
	copyWords    = 64 << 10
)

// Make runs the confined child. It ends with ctx, and with us: its standard
// input is a pipe that we hold.
func Make(ctx context.Context, root *os.File, job copytar.Job, stream *os.File) ([]string, error) {
	text, err := json.Marshal(job)
	if err != nil {
		return nil, err
	}
	leash, hold, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer hold.Close()
	defer leash.Close()
	var said bytes.Buffer
	cmd := exec.CommandContext(ctx, "/proc/self/exe", rootless.RoleArg, copytar.Role, string(text))
	cmd.Stdin, cmd.Stderr = leash, &limited{&said, copyWords}
	cmd.ExtraFiles = []*os.File{root, stream}
	cmd.SysProcAttr = confine.Attributes()
	cmd.Env = slices.DeleteFunc(os.Environ(), func(kv string) bool { return !strings.HasPrefix(kv, "MOCKER_FORCE_") })
	cmd.WaitDelay = copyPatience
	err = cmd.Run()
	words := strings.TrimSpace(said.String())
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case errors.As(err, &exit) && words != "":
		return nil, errors.New(words)
	case err != nil:
		return nil, fmt.Errorf("the process that copies: %w", err)
	case words == "":
		return nil, nil
	}
	return strings.Split(words, "\n"), nil
}

// limited keeps the first bytes and swallows the rest.
type limited struct {
	b    *bytes.Buffer
	left int
}

func (l *limited) Write(p []byte) (int, error) {
	n := min(len(p), l.left)
	l.left -= n
	l.b.Write(p[:n])
	return len(p), nil
}
