package treetest

import (
	"os"
	"regexp"
	"testing"
)

// A scenario's directory that no test uses is dead, and an example that no
// scenario runs may be broken.
func TestScenariosAreOwned(t *testing.T) {
	text := ""
	for _, s := range sources(t) {
		if s.dir == "e2e" {
			text += s.text
		}
	}
	for _, c := range []struct{ dir, before, after string }{
		{"e2e/testdata", `(?m)^func `, `\(t \*testing\.T\)`},
		{"examples", `beginExample\(t, "`, `"\)`},
	} {
		entries, err := os.ReadDir(root + "/" + c.dir)
		if err != nil {
			t.Fatal(err)
		}
		found := 0
		for _, e := range entries {
			if !e.IsDir() {
				continue
			}
			found++
			if !regexp.MustCompile(c.before + regexp.QuoteMeta(e.Name()) + c.after).MatchString(text) {
				t.Errorf("%s/%s belongs to no scenario", c.dir, e.Name())
			}
		}
		if found == 0 {
			t.Errorf("%s has no directories: the walk is wrong", c.dir)
		}
	}
}
