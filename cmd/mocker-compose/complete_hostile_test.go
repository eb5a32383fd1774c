package main

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/project/locate"
)

// A file that is a pipe nobody writes to does not hang the shell that asks for names: a .env
// ends the search, a compose file is left out.
func TestCompletionDoesNotWaitForPipes(t *testing.T) {
	for pipe, limit := range map[string]time.Duration{".env": 100 * time.Millisecond, "more.yaml": time.Minute} {
		dir := t.TempDir()
		if err := unix.Mkfifo(filepath.Join(dir, pipe), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "compose.yaml"), []byte("include: [more.yaml]\nservices: {web: {image: x}}\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		_, names, ok := read(locate.Query{Cwd: dir}, limit)
		if pipe == ".env" && ok {
			t.Errorf("%s was read: %v", pipe, names)
		}
		if pipe != ".env" && (!ok || len(names.Services) != 1) {
			t.Errorf("beside %s: %v, %v", pipe, names, ok)
		}
		os.Remove(filepath.Join(dir, pipe))
		if _, names, ok := read(locate.Query{Cwd: dir}, time.Minute); !ok || len(names.Services) != 1 {
			t.Errorf("without %s: %v, %v", pipe, names, ok)
		}
	}
}

// Names that a terminal would obey are not offered.
func TestCompletionOffersNoControls(t *testing.T) {
	file := "services:\n  web: {profiles: [\"\\e]0;evil\\a\", \"two\\nlines\", \"\\x9b31m\", fine]}\n"
	o := command(t, map[string]string{"compose.yaml": file}, "__complete", "--profile", "")
	if o.code != 0 || o.out != "fine\n:4\n" {
		t.Errorf("exit code %d, offered %q", o.code, o.out)
	}
}
