package logincmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"github.com/mocker-compose/mocker-compose/internal/registry/credentials"
)

// ask asks at the terminal for what the flags do not say.
func (l *session) ask(ctx context.Context, o *Options, known string) (credentials.Credential, error) {
	c := credentials.Credential{Username: strings.TrimSpace(o.User), Password: o.Password}
	if c.Username != "" && c.Password != "" {
		return c, nil
	}
	if !term.IsTerminal(int(l.Stdin.Fd())) {
		return c, errors.New("cannot perform an interactive login from a non-TTY device: use --username and --password-stdin")
	}
	if c.Username == "" {
		if l.server == credentials.DockerHub {
			l.Println("Log in with your Docker ID or email address to push and pull images from Docker Hub.\nA personal access token (PAT) can be used instead of the password.")
		}
		prompt := "Username: "
		if known != "" {
			prompt = fmt.Sprintf("Username (%s): ", known)
		}
		l.Print(prompt)
		line, err := waited(ctx, func() (string, error) { return readLine(l.Stdin) })
		if err != nil {
			return c, err
		}
		if c.Username = strings.TrimSpace(line); c.Username == "" {
			c.Username = known
		}
		if c.Username == "" {
			return c, errors.New("username is required")
		}
	}
	if c.Password != "" {
		return c, nil
	}
	l.Print("Password: ")
	password, err := hidden(ctx, l.Stdin)
	l.Println()
	if c.Password = password; err == nil && password == "" {
		err = errors.New("password is required")
	}
	return c, err
}

// readLine takes no byte behind the line: the next question reads those.
func readLine(in io.Reader) (string, error) {
	var line []byte
	b := make([]byte, 1)
	for {
		n, err := in.Read(b)
		if n == 1 && b[0] == '\n' || err == io.EOF && len(line) > 0 {
			return string(line), nil
		}
		if err != nil {
			return "", err
		}
		line = append(line, b[:n]...)
	}
}

// hidden reads a line without echo; a terminal has it again, whatever happens.
func hidden(ctx context.Context, tty *os.File) (string, error) {
	fd := int(tty.Fd())
	saved, err := term.GetState(fd)
	if err != nil {
		return "", err
	}
	defer term.Restore(fd, saved)
	return waited(ctx, func() (string, error) {
		b, err := term.ReadPassword(fd)
		return string(b), err
	})
}

// waited lets a signal end the wait for somebody at a terminal; what still reads
// there ends with the process.
func waited(ctx context.Context, read func() (string, error)) (string, error) {
	type result struct {
		text string
		err  error
	}
	got := make(chan result, 1)
	go func() {
		text, err := read()
		got <- result{text, err}
	}()
	select {
	case r := <-got:
		return r.text, r.err
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
}
