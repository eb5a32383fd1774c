package capture

import (
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/supervisor/policy"
)

func TestPipeKeepsTheHeadAndSwallowsTheRest(t *testing.T) {
	c, err := Pipe()
	if err != nil {
		t.Fatal(err)
	}
	for range 1000 { // far more than a pipe holds
		if _, err := c.File.WriteString(strings.Repeat("x", 1000)); err != nil {
			t.Fatal(err)
		}
	}
	if got := c.Collect(); len(got) != policy.OutputLimit {
		t.Errorf("%d bytes kept, want %d", len(got), policy.OutputLimit)
	}
}

func TestPipeDoesNotWaitForStrays(t *testing.T) {
	c, err := Pipe()
	if err != nil {
		t.Fatal(err)
	}
	fd, err := unix.Dup(int(c.File.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	defer os.NewFile(uintptr(fd), "stray").Close()
	if _, err := c.File.WriteString("said"); err != nil {
		t.Fatal(err)
	}
	if got := c.Collect(); got != "said" { // a hang would time the test out
		t.Errorf("got %q", got)
	}
}

// What a command has said is told also if somebody that it left behind holds its output open.
func TestTeeTellsInSpiteOfStrays(t *testing.T) {
	log, err := os.CreateTemp(t.TempDir(), "log")
	if err != nil {
		t.Fatal(err)
	}
	c, err := Tee(log)
	if err != nil {
		t.Fatal(err)
	}
	fd, err := unix.Dup(int(c.File.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	defer os.NewFile(uintptr(fd), "stray").Close()
	if _, err := c.File.WriteString("why it failed\n"); err != nil {
		t.Fatal(err)
	}
	if got := c.Collect(); got != "why it failed" {
		t.Errorf("got %q", got)
	}
}
