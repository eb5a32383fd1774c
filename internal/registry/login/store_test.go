package login

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/registry/credentials"
)

func store(t *testing.T, text string) (*Store, func(string) string) {
	t.Helper()
	dir := t.TempDir()
	getenv := func(name string) string { return map[string]string{"DOCKER_CONFIG": dir}[name] }
	if text != "" {
		if err := os.WriteFile(filepath.Join(dir, "config.json"), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	s, err := Open(getenv)
	if err != nil {
		t.Fatal(err)
	}
	return s, getenv
}

func text(t *testing.T, s *Store) string {
	t.Helper()
	b, err := os.ReadFile(s.Path())
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

var ann = credentials.Credential{Username: "ann", Password: "pa:ss"}

func TestKeepAndErase(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	const before = `{"psFormat": "table {{.ID}}<&>", "big": 12345678901234567890, "auths": {"other:5000": {"auth": "eDp5", "email": "x@y"}}, "plugins": {"a": {"b": "c"}}}`
	s, getenv := store(t, before)
	kept, err := s.Keep(t.Context(), "reg.example:5000", ann)
	if err != nil || kept.Helper != "" || !kept.Secret {
		t.Fatalf("%+v, %v", kept, err)
	}
	want := `{
	"psFormat": "table {{.ID}}<&>",
	"big": 12345678901234567890,
	"auths": {
		"other:5000": {
			"auth": "eDp5",
			"email": "x@y"
		},
		"reg.example:5000": {
			"auth": "YW5uOnBhOnNz"
		}
	},
	"plugins": {
		"a": {
			"b": "c"
		}
	}
}`
	if got := text(t, s); got != want {
		t.Errorf("file is\n%s\nwant\n%s", got, want)
	}
	if st, _ := os.Stat(s.Path()); st.Mode().Perm() != 0o600 {
		t.Errorf("mode %v", st.Mode())
	}
	c, err := credentials.New(getenv, nil).For(t.Context(), "reg.example:5000", "team/app")
	if err != nil || c.Username != "ann" || c.Password != "pa:ss" {
		t.Errorf("pulls find %+v, %v", c, err)
	}
	if err := s.Erase(t.Context(), "reg.example:5000"); err != nil {
		t.Fatal(err)
	}
	var was, is map[string]any
	if err := errors.Join(json.Unmarshal([]byte(before), &was), json.Unmarshal([]byte(text(t, s)), &is)); err != nil || fmt.Sprint(was) != fmt.Sprint(is) {
		t.Errorf("%v; after logout %v, before login %v", err, is, was)
	}
}

func TestTokenIsKept(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	s, getenv := store(t, "")
	kept, err := s.Keep(t.Context(), "reg", credentials.Credential{Username: "ann", IdentityToken: "tok"})
	if err != nil || kept.Secret {
		t.Errorf("%+v, %v", kept, err)
	}
	c, _ := credentials.New(getenv, nil).For(t.Context(), "reg", "")
	if c.IdentityToken != "tok" || strings.Contains(text(t, s), "password") {
		t.Errorf("%+v\n%s", c, text(t, s))
	}
}

// What cannot be understood is not overwritten.
func TestBrokenFileStays(t *testing.T) {
	for _, broken := range []string{"{", `["a"]`, `{"auths": []}`, `{} {}`, "not json", `{"auths": {"a": }}`} {
		s, _ := store(t, broken)
		if _, err := s.Keep(t.Context(), "reg", ann); err == nil || text(t, s) != broken {
			t.Errorf("%s: %v, file is %s", broken, err, text(t, s))
		}
		if err := s.Erase(t.Context(), "reg"); err == nil || text(t, s) != broken {
			t.Errorf("%s: logout: %v", broken, err)
		}
		left, _ := os.ReadDir(filepath.Dir(s.Path()))
		if len(left) != 1 {
			t.Errorf("%s: left behind: %v", broken, left)
		}
	}
}

func TestLogoutWithoutFileMakesNone(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "none")
	s, err := Open(func(string) string { return dir })
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Erase(t.Context(), "reg"); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(dir); err == nil {
		t.Error("a directory was made")
	}
}

func TestOldFormsAreErased(t *testing.T) {
	s, _ := store(t, `{"auths":{"https://reg:1":{"auth":"YTpi"},"reg:1":{"auth":"YTpi"},"http://reg:1":{"auth":"YTpi"},"reg:12":{"auth":"YTpi"}}}`)
	if err := s.Erase(t.Context(), "reg:1"); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(strings.Fields(text(t, s)), ""); got != `{"auths":{"reg:12":{"auth":"YTpi"}}}` {
		t.Errorf("%s", got)
	}
}

// The file behind a link is replaced, not the link.
func TestLink(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	s, _ := store(t, "")
	behind := filepath.Join(t.TempDir(), "real.json")
	if err := os.Symlink(behind, s.Path()); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := s.Keep(t.Context(), "reg", ann); err != nil {
			t.Fatal(err)
		}
	}
	if to, err := os.Readlink(s.Path()); err != nil || to != behind {
		t.Errorf("%q, %v", to, err)
	}
	if st, err := os.Lstat(behind); err != nil || !st.Mode().IsRegular() {
		t.Errorf("%v, %v", st, err)
	}
}

// Two logins at once are both kept.
func TestAtOnce(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	s, _ := store(t, "")
	var wg sync.WaitGroup
	for n := range 20 {
		wg.Go(func() {
			other := &Store{s.path}
			if _, err := other.Keep(t.Context(), fmt.Sprintf("reg%d", n), ann); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	f, err := credentials.Read(s.Path())
	if err != nil || len(f.Auths) != 20 {
		t.Errorf("%d entries, %v", len(f.Auths), err)
	}
}

func TestServer(t *testing.T) {
	for in, want := range map[string]string{
		"": credentials.DockerHub, "docker.io": credentials.DockerHub, credentials.DockerHub: credentials.DockerHub,
		"ghcr.io": "ghcr.io", "https://ghcr.io/v2/": "ghcr.io", "localhost:5000": "localhost:5000", "http://h:1/x": "h:1",
	} {
		if got := Server(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}
