package state

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

type thing struct {
	N    int    `json:"n"`
	Text string `json:"text"`
}

// savers are the two ways to write a record.
var savers = map[string]func(string, any) error{"Save": Save, "SaveOften": SaveOften}

func TestSaveAndLoad(t *testing.T) {
	for name, save := range savers {
		path := filepath.Join(t.TempDir(), "r.json")
		for n := range 5 {
			want := thing{n, strings.Repeat("x", 5000-1000*n)} // shorter and shorter: nothing of the longer may stay
			if err := save(path, want); err != nil {
				t.Fatal(name, err)
			}
			var got thing
			same, err := Load(path, &got)
			if err != nil || !same || got != want {
				t.Fatalf("%s: %v %v %+v", name, same, err, got)
			}
		}
		st, err := os.Stat(path)
		if err != nil || st.Mode().Perm() != 0o600 {
			t.Errorf("%s: mode %v %v", name, st.Mode(), err)
		}
		entries, _ := os.ReadDir(filepath.Dir(path))
		if len(entries) > 2 {
			t.Errorf("%s leaves %d files", name, len(entries))
		}
	}
}

// TestKilledWhileWriting: what a kill leaves in the spare file is never read.
func TestKilledWhileWriting(t *testing.T) {
	path := filepath.Join(t.TempDir(), "r.json")
	for n := range 3 {
		if err := SaveOften(path, thing{N: n}); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(Spare(path), []byte(`{"schema":1,"bo`), 0o600); err != nil {
			t.Fatal(err)
		}
		var got thing
		if _, err := Load(path, &got); err != nil || got.N != n {
			t.Fatalf("%+v %v, want %d", got, err, n)
		}
	}
}

func TestDamageIsFoundAndSetAside(t *testing.T) {
	path := filepath.Join(t.TempDir(), "r.json")
	if err := Save(path, thing{7, "seven"}); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	damaged := func(what string, b []byte) {
		t.Helper()
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		var got, peeked thing
		_, perr := Peek(path, &peeked)
		if _, err := os.Lstat(path); err != nil {
			t.Fatalf("%s: to look has moved it: %v", what, err)
		}
		_, err := Load(path, &got)
		if got != peeked || errors.Is(err, ErrCorrupt) != errors.Is(perr, ErrCorrupt) {
			t.Fatalf("%s: %v, and with Peek %v", what, err, perr)
		}
		if err == nil && got == (thing{7, "seven"}) {
			return // a change that does not matter, as of white space
		}
		if !errors.Is(err, ErrCorrupt) {
			t.Fatalf("%s: %v", what, err)
		}
		if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
			t.Fatalf("%s: the record is still there", what)
		}
		aside, _ := filepath.Glob(path + ".corrupt-*")
		if len(aside) == 0 {
			t.Fatalf("%s: nothing was kept", what)
		}
		for _, a := range aside {
			os.Remove(a)
		}
	}
	for n := range whole {
		damaged("cut", whole[:n])
		flipped := append([]byte(nil), whole...)
		flipped[n] ^= 1
		if !strings.Contains(string(whole[:n+1]), `"boot_id":"`) || strings.Contains(string(whole[:n]), `"sum"`) {
			damaged("bit flipped", flipped)
		}
	}
	damaged("other schema", []byte(strings.Replace(string(whole), `"schema":1`, `"schema":9`, 1)))
}

func TestOtherBoot(t *testing.T) {
	path := filepath.Join(t.TempDir(), "r.json")
	if err := Save(path, thing{N: 1}); err != nil {
		t.Fatal(err)
	}
	b, _ := os.ReadFile(path)
	old := strings.Replace(string(b), BootID(), "another-boot", 1)
	if err := os.WriteFile(path, []byte(old), 0o600); err != nil {
		t.Fatal(err)
	}
	var got thing
	if same, err := Load(path, &got); err != nil || same || got.N != 1 {
		t.Errorf("%v %v %+v", same, err, got)
	}
	if _, err := Load(path+"x", &got); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("missing: %v", err)
	}
}

func TestLock(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	a, err := Lock(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := TryLock(path); !errors.Is(err, ErrLocked) {
		t.Errorf("second lock: %v", err)
	}
	a.Close()
	b, err := TryLock(path)
	if err != nil {
		t.Errorf("after release: %v", err)
	}
	b.Close()
}

func BenchmarkSave(b *testing.B) {
	for name, save := range savers {
		b.Run(name, func(b *testing.B) {
			path := filepath.Join(b.TempDir(), "r.json")
			v := thing{Text: strings.Repeat("x", 50000)}
			for b.Loop() {
				if err := save(path, v); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func FuzzLoad(f *testing.F) {
	f.Add([]byte(`{"schema":1,"boot_id":"x","sum":0,"body":{}}`))
	f.Add([]byte("null"))
	f.Fuzz(func(t *testing.T, b []byte) {
		path := filepath.Join(t.TempDir(), "r.json")
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		var got thing
		if _, err := Load(path, &got); err != nil && !errors.Is(err, ErrCorrupt) {
			t.Errorf("%v", err)
		}
	})
}
