package credentials

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func env(t *testing.T, vars map[string]string) func(string) string {
	t.Helper()
	return func(name string) string { return vars[name] }
}

func write(t *testing.T, path, text string, mode os.FileMode) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
}

func TestKeysOfAuths(t *testing.T) {
	home := t.TempDir()
	// "YTpi" is a:b; the user name says which entry was taken.
	write(t, filepath.Join(home, ".docker/config.json"), `{"auths": {
		"https://index.docker.io/v1/": {"username": "hub", "password": "p"},
		"plain:5000": {"auth": "YTpi"},
		"https://old.example/v2/": {"username": "old", "password": "p"},
		"pod.example/team/app": {"username": "app", "password": "p"},
		"pod.example/team": {"username": "team", "password": "p"},
		"token.example": {"identitytoken": "id"},
		"broken.example": {"auth": "%%%"}
	}}`, 0o600)
	for name, want := range map[[2]string]string{
		{"docker.io", "library/nginx"}:          "hub",
		{"docker.io", ""}:                       "hub",
		{"plain:5000", "x"}:                     "a",
		{"plain", "x"}:                          "",
		{"old.example", "x/y"}:                  "old",
		{"pod.example", "team/app"}:             "app",
		{"pod.example", "team/other"}:           "team",
		{"pod.example", "teamwork"}:             "",
		{"pod.example", "other"}:                "",
		{"evil.example", "pod.example/team"}:    "",
		{"pod.example:443", "team/app"}:         "",
		{"xpod.example", "team/app"}:            "",
		{"broken.example", "x"}:                 "",
		{"index.docker.io", "library/anything"}: "hub",
	} {
		got, err := New(env(t, map[string]string{"HOME": home}), nil).For(t.Context(), name[0], name[1])
		if err != nil || got.Username != want {
			t.Errorf("%v: %+v, %v, want %q", name, got, err, want)
		}
	}
	got, err := New(env(t, map[string]string{"HOME": home}), nil).For(t.Context(), "token.example", "x")
	if err != nil || got.IdentityToken != "id" {
		t.Errorf("identity token: %+v, %v", got, err)
	}
}

func TestOrderOfFiles(t *testing.T) {
	dir := t.TempDir()
	entry := func(user string) string {
		return `{"auths": {"h": {"username": "` + user + `", "password": "p"}}}`
	}
	vars := map[string]string{
		"HOME": filepath.Join(dir, "home"), "DOCKER_CONFIG": filepath.Join(dir, "d"), "XDG_RUNTIME_DIR": filepath.Join(dir, "run"),
		"REGISTRY_AUTH_FILE": filepath.Join(dir, "auth"),
	}
	files := []string{"auth", "d/config.json", "run/containers/auth.json", "home/.config/containers/auth.json"}
	for i := len(files) - 1; i >= 0; i-- {
		write(t, filepath.Join(dir, files[i]), entry(files[i]), 0o600)
		got, err := New(env(t, vars), nil).For(t.Context(), "h", "x")
		if err != nil || got.Username != files[i] || got.From != filepath.Join(dir, files[i]) {
			t.Errorf("%s: %+v %v", files[i], got, err)
		}
	}
}

const helperScript = `#!/bin/sh
read server
case "$1 $server" in
"get https://index.docker.io/v1/") echo '{"ServerURL":"x","Username":"hub","Secret":"s"}';;
"get token.example") echo '{"ServerURL":"x","Username":"<token>","Secret":"tok"}';;
"get bad.example") echo 'no keyring' >&2; exit 1;;
"get slow.example") sleep 60;;
*) echo 'credentials not found in native keychain'; exit 1;;
esac
`

func TestHelpers(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "bin/docker-credential-test"), helperScript, 0o700)
	t.Setenv("PATH", filepath.Join(dir, "bin")+":"+os.Getenv("PATH"))
	write(t, filepath.Join(dir, ".docker/config.json"), `{
		"credsStore": "test",
		"credHelpers": {"missing.example": "is-not-there", "path.example": "../test"},
		"auths": {"file.example": {"username": "file", "password": "p"}, "missing.example": {"username": "m", "password": "p"}}
	}`, 0o600)
	var notices []string
	l := New(env(t, map[string]string{"HOME": dir}), func(s string) { notices = append(notices, s) })
	for host, want := range map[string]Credential{
		"docker.io":     {Username: "hub", Password: "s"},
		"token.example": {IdentityToken: "tok"},
		"none.example":  {},
	} {
		got, err := l.For(t.Context(), host, "")
		got.From = ""
		if err != nil || got != want {
			t.Errorf("%s: %+v %v", host, got, err)
		}
	}
	if len(notices) != 0 {
		t.Errorf("said without need: %q", notices)
	}
	for host, want := range map[string]string{"file.example": "file", "missing.example": "m", "bad.example": "", "path.example": ""} {
		for range 2 {
			if got, err := l.For(t.Context(), host, ""); err != nil || got.Username != want {
				t.Errorf("%s: %+v %v", host, got, err)
			}
		}
	}
	said := strings.Join(notices, "\n")
	for _, want := range []string{"docker-credential-is-not-there is not in PATH", "no keyring", `"../test" is no name`} {
		if strings.Count(said, want) != 1 {
			t.Errorf("%q is not said once: %s", want, said)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := l.For(ctx, "slow.example", ""); err == nil {
		t.Error("a helper that hangs is waited for")
	}
}

func TestDamagedFile(t *testing.T) {
	home := t.TempDir()
	write(t, filepath.Join(home, ".docker/config.json"), `{"auths": `, 0o600)
	write(t, filepath.Join(home, ".config/containers/auth.json"), `{"auths": {"h": {"auth": "YTpi"}}}`, 0o600)
	var said string
	l := New(env(t, map[string]string{"HOME": home}), func(s string) { said += s })
	if got, err := l.For(t.Context(), "h", ""); err != nil || got.Username != "a" || !strings.Contains(said, "config.json") {
		t.Errorf("%+v %v %s", got, err, said)
	}
}

func FuzzFile(f *testing.F) {
	f.Add(`{"auths": {"h": {"auth": "YTpi"}}}`, "h", "p")
	f.Add(`{"auths": {"https://h/v1/": {"auth": "YTpi"}}}`, "h", "")
	f.Fuzz(func(t *testing.T, text, host, path string) {
		file := filepath.Join(t.TempDir(), "config.json")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := Read(file)
		if err != nil {
			return
		}
		got.CredsStore, got.CredHelpers = "", nil
		l := New(func(string) string { return "" }, nil)
		l.files = []*File{got}
		if _, err := l.For(t.Context(), host, path); err != nil {
			t.Fatal(err)
		}
	})
}

// Of two entries for one host the one that is written as the host counts: it is
// what a login writes.
func TestPlainKeyFirst(t *testing.T) {
	dir := t.TempDir()
	text := `{"auths":{"https://reg:5":{"auth":"b2xkOng="},"reg:5":{"auth":"bmV3Ong="},"http://reg:5":{"auth":"b2xkZXI6eA=="}}}`
	if err := os.WriteFile(filepath.Join(dir, "config.json"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for range 20 {
		c, err := New(func(name string) string { return map[string]string{"DOCKER_CONFIG": dir}[name] }, nil).For(t.Context(), "reg:5", "a")
		if err != nil || c.Username != "new" {
			t.Fatalf("%+v, %v", c, err)
		}
	}
}
