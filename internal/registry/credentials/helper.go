package credentials

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"time"

	"github.com/docker/docker-credential-helpers/client"
	"github.com/docker/docker-credential-helpers/credentials"
)

const helperPrefix = "docker-credential-"

// askHelper asks a helper (docker-credential-NAME get). Without credentials for
// the server the answer is empty, and no error.
func askHelper(ctx context.Context, name, server string) (Credential, error) {
	program, err := Program(ctx, name)
	if err != nil {
		return Credential{}, err
	}
	got, err := client.Get(program, server)
	if credentials.IsErrCredentialsNotFound(err) {
		return Credential{}, nil
	}
	if err != nil {
		return Credential{}, fmt.Errorf("%s%s: %w", helperPrefix, name, err)
	}
	c := Credential{Username: got.Username, Password: got.Secret, From: helperPrefix + name}
	if got.Username == "<token>" {
		c.Username, c.Password, c.IdentityToken = "", "", got.Secret
	}
	return c, nil
}

// Program starts a helper, for the library's client, until the context ends. The
// error is for a helper that is not there.
func Program(ctx context.Context, name string) (client.ProgramFunc, error) {
	if name == "" || strings.ContainsAny(name, "/\x00") {
		return nil, fmt.Errorf("%q is no name of a credential helper", name)
	}
	path, err := exec.LookPath(helperPrefix + name)
	if errors.Is(err, exec.ErrNotFound) {
		return nil, fmt.Errorf("the credential helper %s%s is not in PATH", helperPrefix, name)
	}
	if err != nil {
		return nil, fmt.Errorf("credential helper: %w", err)
	}
	return func(args ...string) client.Program {
		cmd := exec.CommandContext(ctx, path, args...)
		cmd.WaitDelay = time.Second // what it started may hold its output
		return &program{cmd}
	}, nil
}

type program struct{ cmd *exec.Cmd }

func (p *program) Input(in io.Reader) { p.cmd.Stdin = in }

// Output is what the helper says. A failure's reason may be in either stream;
// the library looks for its words in the output.
func (p *program) Output() ([]byte, error) {
	var errs bytes.Buffer
	p.cmd.Stderr = &errs
	out, err := p.cmd.Output()
	if err != nil && len(bytes.TrimSpace(out)) == 0 {
		out = errs.Bytes()
	}
	return out, err
}
