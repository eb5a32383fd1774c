package logpipes

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/host/kept"
	"github.com/mocker-compose/mocker-compose/internal/state"
	"github.com/mocker-compose/mocker-compose/internal/wire"
	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/supervisor/kernel"
)

// store keeps duplicates, as a holder does.
type store map[string]*os.File

func (s store) Claim(name string) *os.File {
	if s[name] == nil {
		return nil
	}
	f, _ := wire.Duplicate(s[name])
	return f
}
func (s store) Has(name string) bool { return s[name] != nil }
func (s store) KeepAll(files map[string]*os.File) error {
	for name, f := range files {
		d, err := wire.Duplicate(f)
		if err != nil {
			return err
		}
		s[name] = d
	}
	return nil
}
func (s store) Drop(names ...string) error {
	for _, name := range names {
		if s[name] != nil {
			s[name].Close()
			delete(s, name)
		}
	}
	return nil
}

// The lines that a container writes while no supervisor is there are not lost: the next
// keeper takes the same pipes from the store, and goes on.
func TestPipesOutliveTheKeeper(t *testing.T) {
	dirs := state.Dirs{Run: filepath.Join(t.TempDir(), "run"), Data: filepath.Join(t.TempDir(), "data")}
	sc := &kernel.Container{Name: "p-s-1", Service: project.Service{Name: "s"}}
	if err := state.MakePrivate(dirs.ContainerData("p", sc.Name)); err != nil {
		t.Fatal(err)
	}
	kept1 := store{}
	open := func() *Keeper {
		k, err := Open(dirs, "p", kept1, func(s string) { t.Log(s) }, func(s string) { t.Error(s) })
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	k := open()
	if k.Survived(sc.Name) {
		t.Error("pipes that nobody made have survived")
	}
	out, err := k.Make(sc)
	if err != nil {
		t.Fatal(err)
	}
	program, err := wire.Duplicate(out[0])
	if err != nil {
		t.Fatal(err)
	}
	defer program.Close()
	say := func(line string) {
		if _, err := program.WriteString(line + "\n"); err != nil {
			t.Fatal(err)
		}
	}
	say("first")
	if err := k.Drain(t.Context(), sc.Name); err != nil {
		t.Fatal(err)
	}
	out[0].Close()
	out[1].Close()
	if err := k.Close(); err != nil {
		t.Fatal(err)
	}
	say("while nobody was there")
	k = open()
	defer k.Close()
	if !k.Survived(sc.Name) {
		t.Fatal("the pipes have not survived")
	}
	if out, err = k.Make(sc); err != nil {
		t.Fatal(err)
	}
	say("last")
	text, err := k.Tail(t.Context(), sc, time.Time{}, 10)
	if err != nil {
		t.Fatal(err)
	}
	at := 0
	for _, line := range []string{"first", "while nobody was there", "last"} {
		i := strings.Index(text[at:], line)
		if i < 0 {
			t.Fatalf("%q is missing, or not in its place: %q", line, text)
		}
		at += i
	}
	if err := k.Drop(sc.Name, &out, "other"); err != nil {
		t.Fatal(err)
	}
	if len(kept1) != 0 || out[0] != nil || kept1.Has(kept.Log(sc.Name, "stdout", "r")) {
		t.Errorf("left in the store: %v", kept1)
	}
}

// A service without a log has a small file, and what the file says else holds.
func TestBounds(t *testing.T) {
	none := bounds(&project.Service{Logging: project.Logging{Driver: project.LogNone}, LogMaxSize: 1 << 30})
	if none.MaxSize != passingSize || none.MaxFiles != 1 {
		t.Errorf("%+v", none)
	}
	given := bounds(&project.Service{LogMaxSize: 1 << 20, LogMaxFile: 3, Logging: project.Logging{NonBlocking: true}})
	if given.MaxSize != 1<<20 || given.MaxFiles != 3 || !given.NonBlocking {
		t.Errorf("%+v", given)
	}
}
