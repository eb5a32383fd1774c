package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestIndenter(t *testing.T) {
	var b strings.Builder
	in := &indenter{w: &b, begin: true}
	for _, part := range []string{"one\ntw", "o\n", "\nthree"} {
		if _, err := in.Write([]byte(part)); err != nil {
			t.Fatal(err)
		}
	}
	if got, want := b.String(), "     one\n     two\n     \n     three"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// Without a terminal nothing is coloured and nobody waits.
func TestPlainStyle(t *testing.T) {
	f, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	s := styleFor(f)
	if s.colour || s.pause != 0 || s.paint(bold, "x") != "x" {
		t.Errorf("style %+v for a file", s)
	}
	if got := (style{colour: true}).paint(bold, "x"); got != "\x1b[1mx\x1b[0m" {
		t.Errorf("painted %q", got)
	}
}

// A tour that fails takes the project down.
func TestFailureTakesDown(t *testing.T) {
	dir := t.TempDir()
	calls := filepath.Join(dir, "calls")
	fake := filepath.Join(dir, "compose")
	script := "#!/bin/sh\necho \"$1\" >>" + calls + "\n[ \"$1\" != up ]\n"
	if err := os.WriteFile(fake, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := show(t.Context(), fake, dir); err == nil {
		t.Error("up failed, the tour did not")
	}
	b, err := os.ReadFile(calls)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := string(b), "up\nlogs\ndown\n"; got != want {
		t.Errorf("commands %q, want %q", got, want)
	}
}
