package rootless

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/testns"
)

// mapTools puts newuidmap and newgidmap scripts of our own first in PATH; an
// empty text means that there is none at all.
func mapTools(t *testing.T, newuidmap, newgidmap string) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"newuidmap": newuidmap, "newgidmap": newgidmap} {
		if text == "" {
			continue
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+text+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", dir)
}

// TestFaultyIDMaps: whatever is wrong with subordinate ids, the project starts
// with a single id, and one line says why and what mends it.
func TestFaultyIDMaps(t *testing.T) {
	if !testns.Plain(t) { // root maps its ids itself
		return
	}
	const refuse = `echo "newuidmap: uid range [1-65537) -> [100000-165536) not allowed" >&2; exit 1`
	for name, c := range map[string]struct{ newuidmap, newgidmap, want string }{
		"range refused":       {refuse, "exit 0", "not allowed"},
		"group range refused": {"exec /usr/bin/newuidmap \"$@\"", refuse, "not allowed"},
		"says nothing":        {"exit 3", "exit 0", "exit status 3"},
		"lies":                {"exit 0", "exit 0", "uid_map of the user namespace reads"},
		"no setuid bit":       {`echo "newuidmap: write to uid_map failed: Operation not permitted" >&2; exit 1`, "exit 0", "write to uid_map failed"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			mapTools(t, c.newuidmap, c.newgidmap)
			if err := w.ensure("p"); err != nil {
				t.Fatal(err)
			}
			text := strings.Join(w.said, "\n")
			noRanges := strings.Contains(text, "has no range for")
			if len(w.said) != 1 || (!strings.Contains(text, c.want) && !noRanges) {
				t.Errorf("said %q, want one line with %q", w.said, c.want)
			}
			if !strings.HasPrefix(text, "only your own user and group id exist in containers: ") {
				t.Errorf("said %q: does not say what it means", text)
			}
		})
	}
}

// TestIDMapsWithoutPath: the tools are found where they usually are though PATH does not
// lead there.
func TestIDMapsWithoutPath(t *testing.T) {
	if !testns.Plain(t) { // root maps its ids itself
		return
	}
	w := newWorld(t)
	mapTools(t, "", "")
	if err := w.ensure("p"); err != nil {
		t.Fatal(err)
	}
	if text := strings.Join(w.said, "\n"); text != "" && !strings.Contains(text, "has no range for") {
		t.Errorf("said %q", text)
	}
}
