package solve

import (
	"os"
	"slices"
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/build"
	"github.com/mocker-compose/mocker-compose/internal/build/contexts"
)

// A mount of the context shows what a copy of the same directory would take.
func TestHidden(t *testing.T) {
	dir := contextDir(t, files{
		"a": "", "secret": "", "src/main": "", "src/x.log": "", "src/deep/y.log": "", "src/deep/z": "", "src/gone/1": "", "src/gone/2": "",
		"mixed/keep/1": "", "mixed/drop/1": "",
	})
	if err := os.Symlink("src", dir+"/link"); err != nil {
		t.Fatal(err)
	}
	c, err := contexts.Open(t.Context(), dir, contexts.Options{Data: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.Ignore([]string{"secret", "**/*.log", "src/gone", "mixed", "!mixed/keep"}, ".dockerignore")
	b := &solver{Request: &Request{}, loads: map[string]*load{"": {context: c}}}
	f := &flight{b: b, st: &build.Stage{}}
	for source, want := range map[string][]string{
		".":    {"mixed/drop", "secret", "src/deep/y.log", "src/gone", "src/x.log"},
		"":     {"mixed/drop", "secret", "src/deep/y.log", "src/gone", "src/x.log"},
		"/src": {"src/deep/y.log", "src/gone", "src/x.log"},
		"link": {"src/deep/y.log", "src/gone", "src/x.log"},
		"a":    nil,
	} {
		s := run("x")
		s.Run.Mounts = []build.Mount{{Type: build.MountBind, Target: "/t", From: &build.Source{}, Source: source}}
		src, err := f.sources(t.Context(), &s)
		if err != nil {
			t.Errorf("%q: %v", source, err)
			continue
		}
		got, err := b.mounts(s.Run, src)
		if err != nil {
			t.Errorf("%q: %v", source, err)
			continue
		}
		slices.Sort(got[0].Hide)
		if !slices.Equal(got[0].Hide, want) {
			t.Errorf("%q: hidden are %q, want %q", source, got[0].Hide, want)
		}
	}
}
