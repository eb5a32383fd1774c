package doctor

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden texts anew")

// Each crippled machine is told by its cause, with what mends it there: the texts are
// in testdata/hosts.
func TestCrippledHosts(t *testing.T) {
	docs, err := os.ReadFile("../../docs/doctor.md")
	if err != nil {
		t.Fatal(err)
	}
	tr := &tree{t.TempDir(), map[string]string{}}
	for name, cripple := range crippled() {
		t.Run(name, func(t *testing.T) {
			fk := healthy()
			cripple(fk)
			r := tr.build(t, fk)
			var b bytes.Buffer
			if err := WriteText(&b, r, true); err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(&b, "exit %d\n", r.Blocking)
			golden(t, filepath.Join("testdata", "hosts", strings.ReplaceAll(name, " ", "-")+".txt"), b.String())
			if r.Blocking+r.Degraded == 0 {
				t.Error("nothing was found")
			}
			for _, c := range r.Checks {
				if c.State == OK || c.State == Untried {
					continue
				}
				if c.CauseID == "" || c.Cause == "" || c.Lost == "" || len(c.Remedy) == 0 && c.Note == "" {
					t.Errorf("%s lacks cause, remedy or loss: %+v", c.ID, c)
				}
				if !bytes.Contains(docs, []byte("`"+c.CauseID+"`")) {
					t.Errorf("docs/doctor.md does not have the cause %s", c.CauseID)
				}
			}
		})
	}
}

func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs (go test -update writes it anew); got:\n%s", path, got)
	}
}

// A whole machine has nothing to mend, and its text has every check.
func TestHealthyHost(t *testing.T) {
	fk := healthy()
	r := (&tree{t.TempDir(), map[string]string{}}).build(t, fk)
	var b bytes.Buffer
	if err := WriteText(&b, r, false); err != nil {
		t.Fatal(err)
	}
	golden(t, filepath.Join("testdata", "healthy.txt"), b.String())
	if r.Blocking+r.Degraded != 0 {
		t.Errorf("%d block, %d are degraded", r.Blocking, r.Degraded)
	}
	b.Reset()
	if err := WriteJSON(&b, r); err != nil {
		t.Fatal(err)
	}
	golden(t, filepath.Join("testdata", "healthy.json"), b.String())
	docs, err := os.ReadFile("../../docs/doctor.md")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, e := range table() {
		if seen[e.id] {
			t.Errorf("two checks have the id %s", e.id)
		}
		if seen[e.id] = true; !bytes.Contains(docs, []byte("## `"+e.id+"`")) && !bytes.Contains(docs, []byte("### `"+e.id+"`")) {
			t.Errorf("docs/doctor.md has no section of %s", e.id)
		}
	}
}
