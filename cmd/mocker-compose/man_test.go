package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/mocker-compose/mocker-compose/internal/client"
)

// TestManual: there is a page for each command that help shows, groff reads it without a
// word, and what it prints has the flags and the examples.
func TestManual(t *testing.T) {
	dir := t.TempDir()
	if o := command(t, nil, "__man", dir); o.code != 0 {
		t.Fatalf("%+v", o)
	}
	for name, want := range map[string][]string{
		"mocker-compose.1":    {"Everyday", "mocker-compose-up(1)", "--project-directory DIR", "EXIT STATUS"},
		"mocker-compose-up.1": {"mocker-compose-up - Create and start containers", "-d, --detach", "mocker-compose up -d --wait", "SEE ALSO"},
		"mocker-compose-ps.1": {"'{{.Service}} {{.State}}'"},
	} {
		text := formatted(t, filepath.Join(dir, name))
		for _, w := range want {
			if !strings.Contains(text, w) {
				t.Errorf("%s has no %q:\n%.2000s", name, w, text)
			}
		}
	}
	taught(func(c *cobra.Command, path string) {
		file := filepath.Join(dir, "mocker-compose-"+strings.ReplaceAll(path, " ", "-")+".1")
		if _, err := os.Stat(file); err != nil {
			t.Error(err)
			return
		}
		formatted(t, file)
	})
	again := manual(newRoot(&client.Env{}))
	b, err := os.ReadFile(filepath.Join(dir, "mocker-compose-up.1"))
	if err != nil || !bytes.Equal(b, again["mocker-compose-up.1"]) {
		t.Errorf("not the same again: %v", err)
	}
}

// formatted is a page as man shows it.
func formatted(t *testing.T, file string) string {
	t.Helper()
	groff, err := exec.LookPath("groff")
	if err != nil {
		t.Skip("groff is not installed: apt-get install groff-base")
	}
	cmd := exec.CommandContext(t.Context(), groff, "-man", "-ww", "-Tascii", "-P-cbou", file)
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil || errs.Len() > 0 {
		t.Errorf("%s: %v\n%s", file, err, errs.String())
	}
	return string(out)
}
