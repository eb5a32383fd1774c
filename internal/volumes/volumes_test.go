package volumes

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/state"
)

func open(t *testing.T) *Store {
	t.Helper()
	top := t.TempDir()
	return Open(state.Dirs{Run: filepath.Join(top, "run"), Data: filepath.Join(top, "data")})
}

func (s *Store) mustCreate(t *testing.T, v Volume) Volume {
	t.Helper()
	v, _, err := s.Create(v)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func (s *Store) attachTo(t *testing.T, container string, names ...string) {
	t.Helper()
	if err := state.MakePrivate(s.dirs.ContainerData("p", container)); err != nil {
		t.Fatal(err)
	}
	var wants []Want
	for _, n := range names {
		wants = append(wants, Want{Volume: Volume{Name: n}})
	}
	if _, err := s.Attach(Owner{Project: "p", Container: container, ID: "1"}, wants); err != nil {
		t.Fatal(err)
	}
}

func TestNames(t *testing.T) {
	for name, ok := range map[string]bool{
		"data": true, "p_data": true, "A.b-c_9": true, newName(): true, "ab": true,
		"": false, "a": false, ".hidden": false, "..": false, "../x": false, "a/b": false, "-a": false, "_a": false, "a b": false, "a\x00": false, "é1": false,
		strings.Repeat("x", 256): false,
	} {
		if err := CheckName(name); (err == nil) != ok {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestCreateAndRemove(t *testing.T) {
	s := open(t)
	if list, err := s.List(); err != nil || len(list) != 0 {
		t.Fatalf("an empty store has %v, %v", list, err)
	}
	s.mustCreate(t, Volume{Name: "data", Labels: map[string]string{"a": "b"}, Project: "p", Key: "data"})
	if v := s.mustCreate(t, Volume{Name: "data"}); v.Project != "p" || v.Labels["a"] != "b" {
		t.Errorf("made twice, it is %+v", v)
	}
	anonymous := s.mustCreate(t, Volume{})
	if st, err := os.Stat(s.Path("data")); err != nil || st.Mode().Perm() != 0o755 {
		t.Errorf("directory: %v, %v", st, err)
	}
	if st, err := os.Stat(s.dirs.Volumes()); err != nil || st.Mode().Perm() != 0o700 {
		t.Errorf("the directory above: %v, %v", st, err)
	}
	if own, err := s.Own("p"); err != nil || len(own) != 1 {
		t.Errorf("own: %v, %v", own, err)
	}
	if err := os.Mkdir(s.Path("bare"), 0o755); err != nil {
		t.Fatal(err)
	}
	if v, err := s.Get("bare"); err != nil || !v.Unrecorded {
		t.Errorf("without a record: %+v, %v", v, err)
	}
	for _, name := range []string{"data", "bare", anonymous.Name} {
		if err := s.Remove(name); err != nil {
			t.Error(err)
		}
	}
	var missing *NotFoundError
	if err := s.Remove("data"); !errors.As(err, &missing) {
		t.Errorf("removed twice: %v", err)
	}
	if err := s.Remove("../volumes"); err == nil {
		t.Error("a path was taken for a name")
	}
	if left, err := filepath.Glob(s.dirs.Volumes() + "/.records/*"); err != nil || len(left) != 0 {
		t.Errorf("left: %v", left)
	}
}

// What a container uses cannot be removed, until its directory is.
func TestUse(t *testing.T) {
	s := open(t)
	s.attachTo(t, "c1", "data", "more")
	s.attachTo(t, "c2", "data")
	var used *InUseError
	if err := s.Remove("data"); !errors.As(err, &used) || len(used.Users) != 2 {
		t.Errorf("remove: %v", err)
	}
	if unused, err := s.Unused(true, nil); err != nil || len(unused) != 0 {
		t.Errorf("unused: %v, %v", unused, err)
	}
	s.attachTo(t, "c2")
	if err := os.RemoveAll(s.dirs.ContainerData("p", "c1")); err != nil {
		t.Fatal(err)
	}
	if unused, err := s.Unused(true, nil); err != nil || len(unused) != 2 {
		t.Errorf("unused: %v, %v", unused, err)
	}
	if err := s.Remove("data"); err != nil {
		t.Error(err)
	}
}

// Names with dots must not make one container's volumes look like another's.
func TestAnonymousBelongToOne(t *testing.T) {
	s := open(t)
	for _, c := range []string{"a", "a.b"} {
		if err := state.MakePrivate(s.dirs.ContainerData("p", c)); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Attach(Owner{Project: "p", Container: c, ID: c}, []Want{{Volume: Volume{Target: "/x"}}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.RemoveAll(s.dirs.ContainerData("p", "a")); err != nil {
		t.Fatal(err)
	}
	if err := s.RemoveAnonymous(Owner{Project: "p", Container: "a", ID: "a"}); err != nil {
		t.Fatal(err)
	}
	if list, err := s.List(); err != nil || len(list) != 1 || list[0].Container != "a.b" {
		t.Errorf("left: %+v, %v", list, err)
	}
}

func write(text string) func(*os.File) error {
	return func(dst *os.File) error {
		if err := os.WriteFile(filepath.Join(dst.Name(), "f"), []byte(text), 0o600); err != nil {
			return err
		}
		return dst.Chmod(0o750)
	}
}

func TestFill(t *testing.T) {
	s := open(t)
	s.mustCreate(t, Volume{Name: "data"})
	broken := errors.New("cut off")
	err := s.Fill("data", func(dst *os.File) error {
		if err := write("half")(dst); err != nil {
			return err
		}
		return broken
	})
	if !errors.Is(err, broken) {
		t.Fatal(err)
	}
	if entries, _ := os.ReadDir(s.Path("data")); len(entries) != 0 {
		t.Errorf("half of it is in the volume: %v", entries)
	}
	var copies atomic.Int32
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if err := s.Fill("data", func(dst *os.File) error { copies.Add(1); return write("whole")(dst) }); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if b, err := os.ReadFile(filepath.Join(s.Path("data"), "f")); err != nil || string(b) != "whole" || copies.Load() != 1 {
		t.Errorf("content %q, %v, copied %d times", b, err, copies.Load())
	}
	if st, err := os.Stat(s.Path("data")); err != nil || st.Mode().Perm() != 0o750 {
		t.Errorf("mode: %v, %v", st.Mode(), err)
	}
	never := func(*os.File) error { t.Error("copied into a volume that has something"); return nil }
	if err := s.Fill("data", never); err != nil {
		t.Error(err)
	}
}

// Containers that share a volume need not all have something at its place: what the image of
// one says of the owner stays, whoever comes after it.
func TestFillWithNothing(t *testing.T) {
	s := open(t)
	s.mustCreate(t, Volume{Name: "data"})
	nothing := func(*os.File) error { return &Nothing{os.Getuid(), os.Getgid()} }
	mode := func() os.FileMode {
		t.Helper()
		st, err := os.Stat(s.Path("data"))
		if err != nil {
			t.Fatal(err)
		}
		return st.Mode().Perm()
	}
	if err := s.Fill("data", nothing); err != nil || mode() != 0o755 {
		t.Errorf("%v, mode %v", err, mode())
	}
	given := func(dst *os.File) error { return dst.Chmod(0o751) }
	if err := s.Fill("data", given); err != nil || mode() != 0o751 {
		t.Errorf("%v, mode %v", err, mode())
	}
	unowned := func(*os.File) error { return &Nothing{1 << 20, 1 << 20} } // whom a chown would make it
	if err := s.Fill("data", unowned); err != nil || mode() != 0o751 {
		t.Errorf("%v, mode %v", err, mode())
	}
	if st, err := os.Stat(s.Path("data")); err != nil || st.Sys().(*syscall.Stat_t).Uid != uint32(os.Getuid()) {
		t.Errorf("it has another owner: %v", err)
	}
	for _, dir := range []string{".filling", ".filled"} {
		if left, _ := os.ReadDir(filepath.Join(s.dirs.Volumes(), dir)); len(left) != 0 {
			t.Errorf("left in %s: %v", dir, left)
		}
	}
	if err := s.Remove("data"); err != nil {
		t.Fatal(err)
	}
	if left, _ := os.ReadDir(filepath.Join(s.dirs.Volumes(), ".owned")); len(left) != 0 {
		t.Errorf("a volume of the same name would have an owner: %v", left)
	}
}

// A crash after the copy: the rest is moved, and nothing that is there is lost.
func TestFillGoesOn(t *testing.T) {
	s := open(t)
	s.mustCreate(t, Volume{Name: "data"})
	filled := filepath.Join(s.dirs.Volumes(), ".filled", "data")
	for path, text := range map[string]string{filled + "/f": "image", filled + "/g": "image", s.Path("data") + "/f": "user"} {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Fill("data", func(*os.File) error { t.Error("copied again"); return nil }); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"f": "user", "g": "image"} {
		if b, err := os.ReadFile(filepath.Join(s.Path("data"), name)); err != nil || string(b) != want {
			t.Errorf("%s: %q, %v", name, b, err)
		}
	}
	if _, err := os.Lstat(filled); err == nil {
		t.Error("the staging directory is left")
	}
	// A volume of the same name starts anew.
	if err := s.Remove("data"); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Lstat(filled); err == nil {
		t.Error("removal left what was to be moved")
	}
}

func TestFillDirectory(t *testing.T) {
	dir := t.TempDir()
	if err := FillDirectory(dir, write("x")); err != nil {
		t.Fatal(err)
	}
	if err := FillDirectory(dir, func(*os.File) error { t.Error("copied twice"); return nil }); err != nil {
		t.Fatal(err)
	}
}
