package logincmd

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/pflag"

	"github.com/mocker-compose/mocker-compose/internal/client"
	"github.com/mocker-compose/mocker-compose/internal/registry"
	"github.com/mocker-compose/mocker-compose/internal/registry/credentials"
	"github.com/mocker-compose/mocker-compose/internal/registry/login"
)

// Options are the flags of login.
type Options struct {
	User, Password string
	Stdin          bool
	flags          *pflag.FlagSet
}

// Register adds the flags.
func (o *Options) Register(f *pflag.FlagSet) {
	o.flags = f
	f.StringVarP(&o.User, "username", "u", "", "user name")
	f.StringVarP(&o.Password, "password", "p", "", "password or personal access token (PAT), or \"-\" to read it from standard input")
	f.BoolVar(&o.Stdin, "password-stdin", false, "take the password or personal access token from standard input")
}

// Check finds flags that contradict each other.
func (o *Options) Check() error {
	o.Stdin = o.Stdin || o.Password == "-"
	switch {
	case o.Stdin && o.Password != "" && o.Password != "-":
		return errors.New("conflicting options: cannot specify both --password and --password-stdin")
	case o.Stdin && !o.flags.Changed("username"):
		return errors.New("the --password-stdin option requires --username to be set")
	case o.flags.Changed("username") && strings.TrimSpace(o.User) == "":
		return errors.New("username is empty")
	case o.flags.Changed("password") && o.Password == "":
		return errors.New("password is empty")
	}
	return nil
}

// Login asks for what the flags do not say, asks the registry, and keeps the
// credentials. server "" is docker.io.
func Login(ctx context.Context, e *client.Env, o *Options, server string) error {
	if err := o.readPassword(e); err != nil {
		return err
	}
	store, err := login.Open(e.Getenv)
	if err != nil {
		return err
	}
	c, err := registry.New(registry.Options{Getenv: e.Getenv, Notice: e.Warn})
	if err != nil {
		return err
	}
	l := &session{e, store, c, login.Server(server)}
	known := credentials.Credential{}
	if o.User == "" && o.Password == "" {
		known = l.known(ctx)
		if done, err := l.again(ctx, known); done || err != nil {
			return err
		}
	}
	cred, err := l.ask(ctx, o, known.Username)
	if err != nil {
		return err
	}
	kept, err := c.Authenticate(ctx, l.host(), cred)
	if err != nil {
		return err
	}
	return l.keep(ctx, kept)
}

// readPassword does what can be done before anything is asked.
func (o *Options) readPassword(e *client.Env) error {
	if !o.Stdin {
		if o.Password != "" {
			fmt.Fprintln(e.Stderr, "WARNING! Using --password via the CLI is insecure. Use --password-stdin.")
		}
		return nil
	}
	raw, err := io.ReadAll(io.LimitReader(e.Stdin, 1<<20))
	if err != nil {
		return err
	}
	for _, end := range []string{"\r\n", "\n", "\r"} { // one, as docker: the rest may be the password's
		var cut bool
		if raw, cut = bytes.CutSuffix(raw, []byte(end)); cut {
			break
		}
	}
	if o.Password = string(raw); strings.TrimSpace(o.Password) == "" {
		return errors.New("password is empty")
	}
	return nil
}

// session is one login.
type session struct {
	*client.Env
	store  *login.Store
	client *registry.Client
	server string // key in docker's file
}

// host is the registry's name as it stands in names of images.
func (l *session) host() string {
	if l.server == credentials.DockerHub {
		return "docker.io"
	}
	return l.server
}

// known is what docker's own file has for the server.
func (l *session) known(ctx context.Context) credentials.Credential {
	own := func(name string) string {
		if name == "DOCKER_CONFIG" || name == "HOME" {
			return l.Getenv(name)
		}
		return ""
	}
	c, _ := credentials.New(own, l.Warn).For(ctx, l.host(), "")
	if c.From != l.store.Path() && !strings.HasPrefix(c.From, "docker-credential-") {
		return credentials.Credential{} // podman's
	}
	return c
}

// again tries what is known; done: it is still good.
func (l *session) again(ctx context.Context, c credentials.Credential) (done bool, err error) {
	if c.Username == "" || c.Password == "" {
		return false, nil
	}
	fmt.Fprintf(l.Stderr, "Authenticating with existing credentials... [Username: %s]\n", c.Username)
	fmt.Fprint(l.Stderr, "\nTo login with a different account, run 'mocker-compose logout' followed by 'mocker-compose login'\n\n\n")
	kept, err := l.client.Authenticate(ctx, l.host(), c)
	switch {
	case ctx.Err() != nil:
		return false, context.Cause(ctx)
	case errors.Is(err, login.ErrRefused):
		fmt.Fprintln(l.Stderr, "Stored credentials invalid or expired")
		return false, nil
	case err != nil:
		fmt.Fprintln(l.Stderr, "Login did not succeed, error:", err)
		return false, nil
	}
	return true, l.keep(ctx, kept)
}

func (l *session) keep(ctx context.Context, c credentials.Credential) error {
	_, missing := os.Stat(l.store.Path())
	before, readErr := credentials.Read(l.store.Path())
	kept, err := l.store.Keep(ctx, l.server, c)
	if err != nil {
		return fmt.Errorf("error saving credentials: %w", err)
	}
	after, err := credentials.Read(l.store.Path())
	if readErr == nil && err == nil && kept.Helper == "" && kept.Secret && before.Auths[l.server] != after.Auths[l.server] {
		fmt.Fprintf(l.Stderr, "\nWARNING! Your credentials are stored unencrypted in '%s'.\nConfigure a credential helper to remove this warning. See\nhttps://docs.docker.com/go/credential-store/\n\n", l.store.Path())
	}
	l.others(ctx, missing != nil)
	l.Println("Login Succeeded")
	return nil
}

// others says what a file that is not docker's has to do with it.
func (l *session) others(ctx context.Context, first bool) {
	if c, _ := credentials.New(l.Getenv, nil).For(ctx, l.host(), ""); !c.Empty() && c.From != l.store.Path() && !strings.HasPrefix(c.From, "docker-credential-") {
		l.Warn(fmt.Sprintf("%s has other credentials for %s, and is asked before %s", c.From, l.host(), l.store.Path()))
		return
	}
	if !first {
		return
	}
	for _, path := range credentials.Paths(l.Getenv) {
		if _, err := os.Stat(path); err == nil && path != l.store.Path() {
			fmt.Fprintf(l.Stderr, "The credentials are in %s, which podman reads too; %s stays as it is.\n", l.store.Path(), path)
			return
		}
	}
}
