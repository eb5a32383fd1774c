package login

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/docker/docker-credential-helpers/client"
	helper "github.com/docker/docker-credential-helpers/credentials"
	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/registry/credentials"
)

// Store is docker's config.json, and the helpers that it names.
type Store struct {
	path string
}

// Open is the store of an environment (DOCKER_CONFIG, HOME).
func Open(getenv func(string) string) (*Store, error) {
	path := credentials.DockerPath(getenv)
	if path == "" {
		return nil, errors.New("neither DOCKER_CONFIG nor HOME is set: there is no place to keep credentials in")
	}
	return &Store{path}, nil
}

// Path is the file.
func (s *Store) Path() string { return s.path }

// Server is the key under which docker keeps what is for a registry: its host,
// of docker.io an address.
func Server(registry string) string {
	host := registry
	for _, scheme := range []string{"https://", "http://"} {
		host = strings.TrimPrefix(host, scheme)
	}
	host, _, _ = strings.Cut(host, "/")
	if slices.Contains([]string{"", "docker.io", "index.docker.io", "registry-1.docker.io"}, host) {
		return credentials.DockerHub
	}
	return host
}

// Kept says where Keep has put credentials.
type Kept struct {
	Helper string // name of the helper; "": in the file, for everybody to read who can read it
	Secret bool   // it is a password that is kept, not a token
}

// Keep keeps credentials for a server (see [Server]).
func (s *Store) Keep(ctx context.Context, server string, c credentials.Credential) (Kept, error) {
	kept := Kept{Secret: c.IdentityToken == ""}
	err := s.change(func(o *object) (bool, error) {
		name, err := s.helper(server, o)
		if err != nil {
			return false, err
		}
		auths, err := o.inner("auths")
		if err != nil {
			return false, err
		}
		entry := json.RawMessage("{}")
		if kept.Helper = name; name != "" {
			if err := give(ctx, name, server, c); err != nil {
				return false, err
			}
		} else if entry, err = encode(c); err != nil {
			return false, err
		}
		auths.set(server, entry)
		o.set("auths", auths.text())
		return true, nil
	})
	return kept, err
}

// helper is the program that keeps secrets of a server. What docker would take by
// itself becomes the file's.
func (s *Store) helper(server string, o *object) (string, error) {
	var f credentials.File
	if err := json.Unmarshal(o.text(), &f); err != nil {
		return "", err
	}
	if name := f.CredHelpers[server]; name != "" {
		return name, nil
	}
	if f.CredsStore != "" || len(f.Auths) > 0 || len(f.CredHelpers) > 0 {
		return f.CredsStore, nil
	}
	name := "secretservice"
	if _, err := exec.LookPath("pass"); err == nil {
		name = "pass"
	}
	if _, err := exec.LookPath("docker-credential-" + name); err != nil {
		return "", nil
	}
	o.set("credsStore", quote(name))
	return name, nil
}

func give(ctx context.Context, name, server string, c credentials.Credential) error {
	program, err := credentials.Program(ctx, name)
	if err != nil {
		return err
	}
	secret := &helper.Credentials{ServerURL: server, Username: c.Username, Secret: c.Password}
	if c.IdentityToken != "" {
		secret.Username, secret.Secret = "<token>", c.IdentityToken
	}
	if err := client.Store(program, secret); err != nil {
		return fmt.Errorf("docker-credential-%s: %w", name, err)
	}
	return nil
}

func encode(c credentials.Credential) (json.RawMessage, error) {
	if strings.Contains(c.Username, ":") {
		return nil, fmt.Errorf("the user name %q has a colon, which cannot be kept in the file", c.Username)
	}
	return json.Marshal(credentials.Auth{
		Auth:          base64.StdEncoding.EncodeToString([]byte(c.Username + ":" + c.Password)),
		IdentityToken: c.IdentityToken,
	})
}

// Erase forgets what is kept for a server, in all forms in which its name may be
// written, and reports what helpers did not do.
func (s *Store) Erase(ctx context.Context, server string) error {
	names := []string{server}
	if server != credentials.DockerHub {
		names = append(names, "http://"+server, "https://"+server)
	}
	if _, err := os.Stat(s.path); errors.Is(err, os.ErrNotExist) {
		return nil
	}
	var errs []error
	err := s.change(func(o *object) (bool, error) {
		auths, err := o.inner("auths")
		if err != nil {
			return false, err
		}
		var f credentials.File
		if err := json.Unmarshal(o.text(), &f); err != nil {
			return false, err
		}
		changed := false
		for n, name := range names {
			if was := auths.remove(name); was || n == 0 {
				changed = changed || was
				errs = append(errs, takeBack(ctx, &f, name))
			}
		}
		o.set("auths", auths.text())
		return changed, nil
	})
	return errors.Join(append(errs, err)...)
}

func takeBack(ctx context.Context, f *credentials.File, server string) error {
	name := f.CredHelpers[server]
	if name == "" {
		name = f.CredsStore
	}
	if name == "" {
		return nil
	}
	program, err := credentials.Program(ctx, name)
	if err != nil {
		return fmt.Errorf("%s: %w", server, err)
	}
	// The library has the helper's words in its own error.
	if err := client.Erase(program, server); err != nil && !strings.Contains(err.Error(), helper.NewErrCredentialsNotFound().Error()) {
		return fmt.Errorf("%s: docker-credential-%s: %w", server, name, err)
	}
	return nil
}

// change replaces the file by what f makes of it; f returns false if it is to
// stay as it is.
func (s *Store) change(f func(*object) (bool, error)) error {
	dir := filepath.Dir(s.path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	lock, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer lock.Close()
	if err := unix.Flock(int(lock.Fd()), unix.LOCK_EX); err != nil {
		return fmt.Errorf("lock %s: %w", dir, err)
	}
	raw, err := os.ReadFile(s.path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	o, err := parseObject(raw)
	if err != nil {
		return fmt.Errorf("%s cannot be read, and stays as it is: %w", s.path, err)
	}
	changed, err := f(o)
	if err != nil || !changed {
		return err
	}
	return s.write(o)
}
