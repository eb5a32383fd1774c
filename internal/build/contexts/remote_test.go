package contexts

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/build"
	"github.com/mocker-compose/mocker-compose/internal/testns"
)

// site counts what is asked for.
type site struct {
	*httptest.Server
	requests, full atomic.Int64
	body           atomic.Value // []byte
}

func newSite(t *testing.T, body []byte) *site {
	t.Helper()
	s := &site{}
	s.body.Store(body)
	modified := time.Unix(1_400_000_000, 0)
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.requests.Add(1)
		b := s.body.Load().([]byte)
		switch r.URL.Path {
		case "/missing":
			http.NotFound(w, r)
		case "/short":
			w.Header().Set("Content-Length", fmt.Sprint(len(b)+10))
			s.full.Add(1)
			w.Write(b)
		case "/plain": // no header that helps
			s.full.Add(1)
			w.Write(b)
		default:
			sum := sha256.Sum256(b)
			w.Header().Set("ETag", `"`+hex.EncodeToString(sum[:])+`"`)
			if r.Header.Get("If-None-Match") == "" {
				s.full.Add(1)
			}
			http.ServeContent(w, r, "", modified, bytes.NewReader(b))
		}
	}))
	t.Cleanup(s.Close)
	return s
}

func openEmpty(t *testing.T, data string) *Context {
	t.Helper()
	c, err := Open(t.Context(), t.TempDir(), Options{Data: data})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func add(paths ...string) *build.Copy { return &build.Copy{Add: true, Paths: paths, Dest: "/x/"} }

func TestAddURL(t *testing.T) {
	s := newSite(t, []byte("hello"))
	data := t.TempDir()
	c := openEmpty(t, data)
	entries, digest, err := c.Select(t.Context(), add(s.URL+"/dir/file.txt?token=1"))
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != 1 || entries[0].Name != "file.txt" || entries[0].Fetched != 1 || entries[0].Seen.Mode&0o7777 != 0o600 || entries[0].Seen.Mtime != 1_400_000_000e9 {
		t.Errorf("entries %+v", entries)
	}
	if b, err := os.ReadFile(filepath.Join(c.Fetched()[0].Name(), "file.txt")); string(b) != "hello" {
		t.Errorf("%q, %v", b, err)
	}
	// Another build asks, and gets nothing new.
	c2 := openEmpty(t, data)
	_, again, err := c2.Select(t.Context(), add(s.URL+"/dir/file.txt?token=1"))
	if err != nil || again != digest || s.full.Load() != 1 || s.requests.Load() != 2 {
		t.Errorf("again: %v, same %v, %d full of %d requests", err, again == digest, s.full.Load(), s.requests.Load())
	}
	s.body.Store([]byte("changed"))
	_, third, err := c2.Select(t.Context(), add(s.URL+"/dir/file.txt?token=1"))
	if err != nil || third == digest {
		t.Errorf("changed: %v, %s", err, third)
	}
	cp := add(s.URL + "/dir/file.txt?token=1")
	cp.Checksum = "sha256:" + strings.Repeat("0", 64)
	var sum *ChecksumError
	if _, _, err := c2.Select(t.Context(), cp); !errors.As(err, &sum) {
		t.Errorf("a wrong checksum: %v", err)
	}
	right := sha256.Sum256([]byte("changed"))
	cp.Checksum = "sha256:" + hex.EncodeToString(right[:])
	n := s.requests.Load()
	if _, d, err := c2.Select(t.Context(), cp); err != nil || d != third || s.requests.Load() != n {
		t.Errorf("a right one: %v, same %v, %d requests", err, d == third, s.requests.Load()-n)
	}
	for path, want := range map[string]string{"/missing": "404 Not Found", "/short": "unexpected EOF"} {
		_, _, err := c.Select(t.Context(), add(s.URL+path))
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "fetch "+s.URL+path) {
			t.Errorf("%s: %v", path, err)
		}
	}
	if _, _, err := c.Select(t.Context(), add("http://user:pass@127.0.0.1:1/x")); err == nil || strings.Contains(err.Error(), "pass") {
		t.Errorf("a password: %v", err)
	}
	parts, _ := filepath.Glob(filepath.Join(data, "build", kindURL, "part-*"))
	if len(parts) > 0 {
		t.Errorf("left behind: %v", parts)
	}
}

func TestAddOrder(t *testing.T) {
	s := newSite(t, []byte("x"))
	c := openEmpty(t, t.TempDir())
	if err := os.WriteFile(c.dir.Name()+"/local", nil, 0o644); err != nil {
		t.Fatal(err)
	}
	entries, _, err := c.Select(t.Context(), add("local", s.URL+"/", s.URL+"/a*[b]"))
	if err != nil {
		t.Fatal(err)
	}
	got := ""
	for _, e := range entries {
		got += fmt.Sprintf("%d:%s ", e.Fetched, e.Name)
	}
	if got != "0:local 1:__unnamed__ 2:a*[b] " {
		t.Error(got)
	}
}

func TestBound(t *testing.T) {
	old := MaxFetch
	MaxFetch = 3
	t.Cleanup(func() { MaxFetch = old })
	s := newSite(t, []byte("1234"))
	c := openEmpty(t, t.TempDir())
	if _, _, err := c.Select(t.Context(), add(s.URL+"/plain")); err == nil || !strings.Contains(err.Error(), "bytes") {
		t.Error(err)
	}
}

// role runs the unpacker in this process: confinement is copying's test.
func role(ctx context.Context, args []string, stdio [3]*os.File, _ bool) (int, error) {
	cmd := exec.CommandContext(ctx, "/proc/self/exe", args...)
	cmd.Env = append(os.Environ(), unpackEnv+"=1")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = stdio[0], stdio[1], stdio[2]
	err := cmd.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		err = nil
	}
	return cmd.ProcessState.ExitCode(), err
}

func tarball(t *testing.T, files map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for name, text := range files {
		if err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Uid: 1000, Size: int64(len(text)), Typeflag: tar.TypeReg}); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, text); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestTarContext(t *testing.T) {
	testns.RequireUserNamespaces(t)
	s := newSite(t, tarball(t, map[string]string{"Dockerfile": "FROM scratch\n", "sub/x": "X"}))
	c, err := Open(t.Context(), s.URL+"/c.tar", Options{Data: t.TempDir(), Role: role})
	if err != nil && strings.Contains(err.Error(), "built with cgo") {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	b, err := readFS(c, "Dockerfile")
	if err != nil || b != "FROM scratch\n" {
		t.Errorf("%q, %v", b, err)
	}
	entries, _, err := c.Select(t.Context(), &build.Copy{Paths: []string{"sub"}, Dest: "/"})
	if err != nil || len(entries) != 2 {
		t.Errorf("%v, %v", entries, err)
	}
	s.body.Store(tarball(t, map[string]string{"../evil": "x"}))
	if _, err := Open(t.Context(), s.URL+"/c.tar", Options{Data: t.TempDir(), Role: role}); err == nil || !strings.Contains(err.Error(), `leads up`) {
		t.Errorf("an archive that leads out: %v", err)
	}
}

func TestDockerfileContext(t *testing.T) {
	s := newSite(t, []byte("FROM scratch\nLABEL a=b\n"))
	c, err := Open(t.Context(), s.URL+"/Dockerfile", Options{Data: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if string(c.Dockerfile) != "FROM scratch\nLABEL a=b\n" {
		t.Errorf("%q", c.Dockerfile)
	}
	if entries, _, err := c.Select(t.Context(), &build.Copy{Paths: []string{"."}}); err != nil || len(entries) != 1 {
		t.Errorf("its context is empty: %v, %v", entries, err)
	}
}

// repository is served by git's own program over HTTP; it returns the address and
// a function that changes it.
func repository(t *testing.T) (address string, run func(script string)) {
	t.Helper()
	testns.RequireProgram(t, "git", "git")
	out, err := exec.Command("git", "--exec-path").Output()
	backend := filepath.Join(strings.TrimSpace(string(out)), "git-http-backend")
	if _, serr := os.Stat(backend); err != nil || serr != nil {
		t.Skip("git-http-backend is not installed")
	}
	base := t.TempDir()
	dir := filepath.Join(base, "r.git")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	run = func(script string) {
		t.Helper()
		cmd := exec.Command("/bin/sh", "-euc", script)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@b", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@b",
			"GIT_COMMITTER_DATE=2015-01-02T03:04:05Z", "GIT_AUTHOR_DATE=2015-01-02T03:04:05Z")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", script, err, out)
		}
	}
	run(`git init -q -b main . && printf 'FROM scratch\n' >Dockerfile && mkdir sub && echo s >sub/s && ln -s /etc/passwd sub/l
git add . && git commit -qm one && git tag v1 && git checkout -qb side && echo side >sub/s && git commit -qam two && git checkout -q main`)
	server := httptest.NewServer(&cgi.Handler{Path: backend, Env: []string{"GIT_PROJECT_ROOT=" + base, "GIT_HTTP_EXPORT_ALL=1"}, InheritEnv: []string{"PATH"}})
	t.Cleanup(server.Close)
	return server.URL + "/r.git", run
}

func readFS(c *Context, name string) (string, error) {
	f, err := c.FS().Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	b, err := io.ReadAll(f)
	return string(b), err
}

func TestGit(t *testing.T) {
	address, run := repository(t)
	data := t.TempDir()
	for ref, want := range map[string]string{"": "s\n", "#main": "s\n", "#v1": "s\n", "#side": "side\n", "#refs/heads/side": "side\n", "?branch=side": "side\n"} {
		c, err := Open(t.Context(), address+ref, Options{Data: data})
		if err != nil {
			t.Errorf("%s: %v", ref, err)
			continue
		}
		if got, err := readFS(c, "sub/s"); got != want {
			t.Errorf("%s: %q, %v", ref, got, err)
		}
		if _, err := readFS(c, ".git/HEAD"); err == nil {
			t.Errorf("%s: .git is there", ref)
		}
		if got, err := readFS(c, "sub/l"); err == nil {
			t.Errorf("%s: a link leads out: %q", ref, got)
		}
		c.Close()
	}
	c, err := Open(t.Context(), address+"#side:sub", Options{Data: data})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	entries, _, err := c.Select(t.Context(), &build.Copy{Paths: []string{"s"}})
	if err != nil || len(entries) != 1 || entries[0].Seen.Mtime != 1_420_167_845e9 {
		t.Errorf("a directory of it: %+v, %v", entries, err)
	}
	for bad, want := range map[string]string{
		"#nope": "fetch " + address + "#nope", "#main:nope": `there is no directory "nope"`, "#--upload-pack=x": "not the address", "#a b": "no branch",
	} {
		if _, err := Open(t.Context(), address+bad, Options{Data: data}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", bad, err, want)
		}
	}
	run("echo more >sub/s && git commit -qam more")
	cp := add(address + "#main")
	cp.KeepGitDir = true
	empty := openEmpty(t, data)
	entries, _, err = empty.Select(t.Context(), cp)
	if err != nil {
		t.Fatal(err)
	}
	git := false
	for _, e := range entries {
		git = git || e.To == ".git/HEAD"
	}
	if !git {
		t.Error("--keep-git-dir: it is not there")
	}
	cp.KeepGitDir, cp.Checksum = false, strings.Repeat("1", 40)
	if _, _, err := empty.Select(t.Context(), cp); err == nil || !strings.Contains(err.Error(), "was expected") {
		t.Errorf("another commit: %v", err)
	}
}

func TestSubmodules(t *testing.T) {
	address, run := repository(t)
	run(`git submodule --quiet add ` + address + ` mod && git commit -qm mod`)
	c, err := Open(t.Context(), address, Options{Data: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if got, err := readFS(c, "mod/sub/s"); got != "s\n" {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := readFS(c, "mod/.git"); err == nil {
		t.Error("mod/.git is there")
	}
}

// A repository's submodules cannot be what is on this machine, and a login does not get
// into the .git that an image may keep.
func TestHostileRepository(t *testing.T) {
	address, run := repository(t)
	t.Setenv("GIT_CONFIG_COUNT", "1") // as some have it in their configuration
	t.Setenv("GIT_CONFIG_KEY_0", "protocol.file.allow")
	t.Setenv("GIT_CONFIG_VALUE_0", "always")
	t.Setenv("GIT_PROTOCOL_FROM_USER", "1")
	run(`git submodule --quiet add ../r.git mod && git commit -qm mod`)
	login := strings.Replace(address, "http://", "http://me:hush-hush@", 1)
	cp := add(login + "#main")
	cp.KeepGitDir = true
	c := openEmpty(t, t.TempDir())
	entries, _, err := c.Select(t.Context(), cp)
	if err != nil || len(entries) == 0 {
		t.Fatal(err)
	}
	root := fmt.Sprintf("/proc/self/fd/%d/", c.Fetched()[entries[0].Fetched-1].Fd())
	err = filepath.WalkDir(root, func(path string, e os.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		b, err := os.ReadFile(path)
		if bytes.Contains(b, []byte("hush-hush")) || bytes.Contains(b, []byte("/repos/")) {
			t.Errorf("%s has the login, or where we keep things: %.300q", path, b)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	secret := t.TempDir()
	if out, err := exec.Command("git", "clone", "-q", address, filepath.Join(secret, "s")).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, url := range []string{filepath.Join(secret, "s"), "file://" + filepath.Join(secret, "s"), "ext::sh -c 'touch " + secret + "/pwned'", "-u./x:y"} {
		run("git config -f .gitmodules submodule.mod.url '" + strings.ReplaceAll(url, "'", `'"'"'`) + "'; git add .gitmodules; git commit -qm evil")
		if c, err := Open(t.Context(), address, Options{Data: t.TempDir()}); err == nil {
			t.Errorf("%s was fetched", url)
			c.Close()
		}
	}
	if _, err := os.Stat(secret + "/pwned"); err == nil {
		t.Error("a repository has a command run")
	}
}

func TestCommitIsAskedForOnce(t *testing.T) {
	address, run := repository(t)
	data := t.TempDir()
	c, err := Open(t.Context(), address+"#v1", Options{Data: data})
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
	_, commit, err := c.keep.checkout(t.Context(), gitAddress{remote: address, ref: "v1"}, false)
	if err != nil {
		t.Fatal(err)
	}
	run("rm -rf .git/objects")
	c, err = Open(t.Context(), address+"#"+commit, Options{Data: data})
	if err != nil {
		t.Fatalf("a commit that is there: %v", err)
	}
	c.Close()
}

func TestWithoutGit(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	_, err := Open(t.Context(), "https://example.invalid/r.git", Options{Data: t.TempDir()})
	if err == nil || !strings.Contains(err.Error(), "git is not installed: install it (package git)") {
		t.Error(err)
	}
}

func TestAddresses(t *testing.T) {
	for text, want := range map[string]string{
		"git://h/r":                               "git://h/r",
		"https://h/r.git#v1:sub/dir":              "https://h/r.git ref v1 dir sub/dir",
		"https://h/r.git":                         "https://h/r.git",
		"github.com/a/b#main":                     "https://github.com/a/b ref main",
		"git@h:a/b.git":                           "git@h:a/b.git",
		"ssh://git@h/r":                           "ssh://git@h/r",
		"https://h/r.git?ref=x&subdir=/y&z=1":     "https://h/r.git?z=1 ref x dir y",
		"https://h/r.git?tag=v1&checksum=abcdef0": "https://h/r.git ref refs/tags/v1 commit abcdef0",
		"https://h/r.git#:../../x":                "https://h/r.git dir x",
		"https://h/r.tar.gz":                      "no",
		"./dir":                                   "no",
		"/abs/x.git":                              "no",
		"https://h/r.git?ref=x#y":                 "error",
		"git@-h:a":                                "git@-h:a",
		"https://h/r.git#a..b":                    "error",
		"https://h/r.git?checksum=xyz":            "error",
	} {
		a, ok, err := parseGit(text)
		got := a.remote
		for _, p := range [][2]string{{" ref ", a.ref}, {" dir ", a.dir}, {" commit ", a.commit}} {
			if p[1] != "" {
				got += p[0] + p[1]
			}
		}
		if !ok {
			got = "no"
		}
		if err != nil {
			got = "error"
		}
		if got != want {
			t.Errorf("%s: %s, want %s (%v)", text, got, want, err)
		}
	}
}
