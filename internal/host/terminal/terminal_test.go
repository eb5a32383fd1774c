package terminal

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/wire"
)

// What is written into a terminal comes out of the pipe, to its last byte, and Show ends
// with the last user of the terminal.
func TestShow(t *testing.T) {
	master, slave, err := Open()
	if err != nil {
		t.Skipf("no terminals here: %v", err)
	}
	defer master.Close()
	if path := Path(slave); path != "" && !strings.HasPrefix(path, "/dev/pts/") {
		t.Errorf("the terminal is at %s", path)
	}
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer read.Close()
	shown, err := Show(master, write)
	write.Close()
	if err != nil {
		t.Fatal(err)
	}
	const line = "what it shows\n"
	text := strings.Repeat(line, 2000)
	go func() {
		_, _ = slave.WriteString(text)
		slave.Close()
	}()
	got, err := io.ReadAll(read)
	if err != nil {
		t.Fatal(err)
	}
	<-shown
	if want := strings.ReplaceAll(text, "\n", "\r\n"); string(got) != want {
		t.Errorf("%d bytes came out, want %d", len(got), len(want))
	}
}

// A duplicate lives on when the first is closed.
func TestDuplicateOfMaster(t *testing.T) {
	master, slave, err := Open()
	if err != nil {
		t.Skipf("no terminals here: %v", err)
	}
	defer slave.Close()
	second, err := wire.Duplicate(master)
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	master.Close()
	if _, err := unix.IoctlGetWinsize(wire.FD(second), unix.TIOCGWINSZ); err != nil {
		t.Errorf("the duplicate went with the first: %v", err)
	}
}

// Whatever a container puts in the place of its multiplexer is not opened: a fifo would
// hold the supervisor, a link lead out of the container.
func TestInsideIsHostile(t *testing.T) {
	for what, make := range map[string]func(path string) error{
		"nothing":   func(string) error { return nil },
		"a file":    func(path string) error { return os.WriteFile(path, nil, 0o666) },
		"a fifo":    func(path string) error { return unix.Mkfifo(path, 0o666) },
		"a link":    func(path string) error { return os.Symlink("/dev/ptmx", path) },
		"a link up": func(path string) error { return os.Symlink("../../../../../../../../dev/pts/ptmx", path) },
	} {
		t.Run(what, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.MkdirAll(filepath.Join(dir, "dev/pts"), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := make(filepath.Join(dir, "dev/pts/ptmx")); err != nil {
				t.Fatal(err)
			}
			root, err := os.Open(dir)
			if err != nil {
				t.Fatal(err)
			}
			defer root.Close()
			if slave, master, err := Inside(root, 24, 80); err == nil {
				slave.Close()
				master.Close()
				t.Error("it was taken for a terminal")
			}
		})
	}
}

// With a real one the size is set.
func TestInside(t *testing.T) {
	root, err := os.Open("/")
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	slave, master, err := Inside(root, 33, 99)
	if err != nil {
		t.Skipf("this machine's own /dev/pts cannot be used: %v", err)
	}
	defer master.Close()
	defer slave.Close()
	size, err := unix.IoctlGetWinsize(wire.FD(slave), unix.TIOCGWINSZ)
	if err != nil || size.Row != 33 || size.Col != 99 {
		t.Errorf("%+v, %v", size, err)
	}
}
