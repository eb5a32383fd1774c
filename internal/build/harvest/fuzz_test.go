package harvest

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/image/exact"
	"github.com/mocker-compose/mocker-compose/internal/layer"
	"github.com/mocker-compose/mocker-compose/internal/layer/hazard"
	"github.com/mocker-compose/mocker-compose/internal/layer/manifest"
	"github.com/mocker-compose/mocker-compose/internal/testns"
)

// FuzzRoundTrip: of whatever tree an archive makes there is a tar that makes the same
// tree, and the same tar again.
func FuzzRoundTrip(f *testing.F) {
	if os.Getuid() != 0 {
		f.Skip("it gives files away and reads what has no mode: for root, as in a user namespace")
	}
	for _, a := range hazard.Corpus(f.TempDir()) {
		b, err := a.Bytes()
		if err != nil {
			f.Fatal(err)
		}
		if len(b) < 16<<10 {
			f.Add(b)
		}
	}
	o := layer.Options{Limits: layer.Limits{Entries: 1000, Bytes: 1 << 20}}
	f.Fuzz(func(t *testing.T, b []byte) {
		first := filepath.Join(t.TempDir(), "fs")
		if !unpacked(t, b, first, o) {
			return
		}
		one := harvested(t, first, Options{Keep: true})
		second := filepath.Join(t.TempDir(), "fs")
		if !unpacked(t, one.tar, second, o) {
			t.Fatalf("the tar of a tree cannot be unpacked")
		}
		two := harvested(t, second, Options{Keep: true})
		if one.DiffID != two.DiffID && one.Names == 0 {
			t.Errorf("another tar:\n%q\n%q", lines(t, one.tar), lines(t, two.tar))
		}
		var again bytes.Buffer
		if err := exact.Write(t.Context(), &again, bytes.NewReader(one.record), open(t, first)); err != nil || !bytes.Equal(again.Bytes(), one.tar) {
			t.Errorf("record and tree do not make the tar: %v", err)
		}
	})
}

// unpacked is false for what is no archive.
func unpacked(t *testing.T, b []byte, dir string, o layer.Options) bool {
	t.Helper()
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	_, err := layer.Unpack(t.Context(), bytes.NewReader(b), open(t, dir), o)
	return err == nil
}

// TestOtherReaders: what GNU tar makes of it is the tree.
func TestOtherReaders(t *testing.T) {
	if !testns.Isolated(t, testns.Mount) {
		return
	}
	program := testns.RequireProgram(t, "tar", "tar")
	s := newStage(t, base)
	s.run(`mkdir -p n/a; echo x >n/a/f; ln n/a/f n/hard; ln -s ../x n/l; mkfifo n/p; chmod 4711 n/a/f; chmod 1777 n
long=n/$(printf 'd%.0s' $(seq 120))/$(printf 'e%.0s' $(seq 120)); mkdir -p $long; echo y >$long/$(printf 'f%.0s' $(seq 200)); printf z >"n/é"`)
	m := harvested(t, s.upper, Options{Below: open(t, s.lower)})
	dir := filepath.Join(t.TempDir(), "fs")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), program, "-xp", "--numeric-owner", "-C", dir)
	cmd.Stdin = bytes.NewReader(m.tar)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if d := manifest.Difference(listing(t, dir), listing(t, s.upper)); d != "" {
		t.Errorf("got %s", d)
	}
}
