package credentials

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// DockerHub is the key under which docker keeps the credentials of docker.io.
const DockerHub = "https://index.docker.io/v1/"

// Auth is an entry of auths.
type Auth struct {
	Auth          string `json:"auth,omitempty"` // base64 of USER:PASSWORD
	Username      string `json:"username,omitempty"`
	Password      string `json:"password,omitempty"`
	IdentityToken string `json:"identitytoken,omitempty"`
	RegistryToken string `json:"registrytoken,omitempty"`
}

// File is the part of docker's config.json that is about credentials.
type File struct {
	Path        string            `json:"-"`
	Auths       map[string]Auth   `json:"auths"`
	CredsStore  string            `json:"credsStore"`
	CredHelpers map[string]string `json:"credHelpers"`
}

const maxFile = 4 << 20

// Read reads a file. One that is not there is empty, as is a file without content.
func Read(path string) (*File, error) {
	f := &File{Path: path}
	in, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return f, nil
	}
	if err != nil {
		return nil, err
	}
	defer in.Close()
	raw, err := io.ReadAll(io.LimitReader(in, maxFile+1))
	switch {
	case err != nil:
		return nil, err
	case len(raw) > maxFile:
		return nil, fmt.Errorf("%s has more than %d bytes", path, maxFile)
	case strings.TrimSpace(string(raw)) == "":
		return f, nil
	}
	if err := json.Unmarshal(raw, f); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return f, nil
}

// DockerPath is the file that `docker login` writes.
func DockerPath(getenv func(string) string) string {
	if dir := getenv("DOCKER_CONFIG"); dir != "" {
		return filepath.Join(dir, "config.json")
	}
	if home := getenv("HOME"); home != "" {
		return filepath.Join(home, ".docker", "config.json")
	}
	return ""
}

// Paths are all files in the order in which they are asked.
func Paths(getenv func(string) string) []string {
	paths := []string{getenv("REGISTRY_AUTH_FILE"), DockerPath(getenv)}
	if run := getenv("XDG_RUNTIME_DIR"); run != "" {
		paths = append(paths, filepath.Join(run, "containers", "auth.json"))
	}
	if dir := configHome(getenv); dir != "" {
		paths = append(paths, filepath.Join(dir, "containers", "auth.json"))
	}
	var out []string
	for _, p := range paths {
		if p != "" {
			out = append(out, p)
		}
	}
	return out
}

func configHome(getenv func(string) string) string {
	if dir := getenv("XDG_CONFIG_HOME"); dir != "" {
		return dir
	}
	if home := getenv("HOME"); home != "" {
		return filepath.Join(home, ".config")
	}
	return ""
}

// credential decodes an entry.
func (a Auth) credential() (Credential, error) {
	c := Credential{Username: a.Username, Password: a.Password, IdentityToken: a.IdentityToken, RegistryToken: a.RegistryToken}
	if a.Auth == "" {
		return c, nil
	}
	raw, err := base64.StdEncoding.DecodeString(a.Auth)
	if err != nil {
		if raw, err = base64.RawStdEncoding.DecodeString(a.Auth); err != nil {
			return c, errors.New(`"auth" is not base64`)
		}
	}
	user, password, ok := strings.Cut(string(raw), ":")
	if !ok {
		return c, errors.New(`"auth" is not USER:PASSWORD`)
	}
	c.Username, c.Password = user, strings.Trim(password, "\x00")
	return c, nil
}
