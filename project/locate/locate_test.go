package locate

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// TestFindWithoutFile: what is known is told with ErrNoFile, for commands that
// need a name only.
func TestFindWithoutFile(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, ".env"), []byte("COMPOSE_PROJECT_NAME=shop\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	r, err := Find(Query{Cwd: dir})
	if len(r.Files) > 0 {
		t.Skipf("a directory above %s has %v", dir, r.Files)
	}
	if !errors.Is(err, ErrNoFile) || r.Name != "shop" || r.Dir != dir || r.Cwd != dir {
		t.Errorf("%+v, %v", r, err)
	}
}

// BenchmarkFind is what a fast command pays to learn where its project is.
func BenchmarkFind(b *testing.B) {
	dir := b.TempDir()
	for _, name := range []string{"compose.yaml", ".env"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("A=1\n"), 0o644); err != nil {
			b.Fatal(err)
		}
	}
	environ := os.Environ()
	for b.Loop() {
		if _, err := Find(Query{Cwd: dir, Environ: environ}); err != nil {
			b.Fatal(err)
		}
	}
}

// pipeWith makes a named pipe that one reader gets text from, once.
func pipeWith(t *testing.T, path, text string) {
	t.Helper()
	if err := unix.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	go func() {
		w, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			return
		}
		defer w.Close()
		_, _ = w.WriteString(text)
	}()
}

// A .env that is a pipe is read once, although the search looks at it twice; who only tries
// does not read it at all.
func TestEnvFileOfAPipe(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "compose.yaml"), []byte("services: {}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	env := filepath.Join(dir, ".env")
	pipeWith(t, env, "COMPOSE_PROJECT_NAME=shop\nA=1\n")
	if r, err := Find(Query{Cwd: dir, Seekable: true}); !errors.Is(err, ErrOnce) || r.Name != "" {
		t.Fatalf("who only tries gets %q, %v", r.Name, err)
	}
	r, err := Find(Query{Cwd: dir})
	if err != nil || r.Name != "shop" || r.Env["A"] != "1" || string(r.Once[env]) != "COMPOSE_PROJECT_NAME=shop\nA=1\n" {
		t.Errorf("%+v, %v", r, err)
	}
}

// A file that is named by its descriptor says nothing of where the project is.
func TestDirOfADescriptor(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct {
		files []string
		want  string
	}{
		{[]string{"/dev/fd/63"}, dir}, {[]string{"-"}, dir}, {[]string{"/dev/stdin", "sub/compose.yaml"}, filepath.Join(dir, "sub")},
		{[]string{"/proc/self/fd/3"}, dir}, {[]string{"/dev/shm/compose.yaml"}, "/dev/shm"},
	} {
		if r, err := Find(Query{Cwd: dir, Files: c.files}); err != nil || r.Dir != c.want {
			t.Errorf("%q: %q, %v; want %q", c.files, r.Dir, err, c.want)
		}
	}
}
