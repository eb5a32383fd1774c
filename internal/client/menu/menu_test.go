package menu

import (
	"bufio"
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/client/tty/ptytest"
)

// barChild is set in a child that has a bar on its terminal, and says what is typed.
const barChild = "MOCKER_TEST_BAR"

func TestMain(m *testing.M) {
	if os.Getenv(barChild) == "" {
		os.Exit(m.Run())
	}
	os.Exit(showBar())
}

// showBar shows a bar until q is typed. p begins a line, and n ends it.
func showBar() int {
	b, err := Open(os.Stdin, os.Stdout, false, Item{'d', "Detach"}, Item{'q', "Quit"})
	if err != nil {
		return 1
	}
	defer b.Close()
	_, _ = b.Write([]byte("ready\n"))
	for k := range b.Keys() {
		switch k {
		case 'q':
			b.Close()
			b.Close()
			_, _ = b.Write([]byte("after\n"))
			return 7
		case 'p':
			_, _ = b.Write([]byte("part"))
		case 'n':
			_, _ = b.Write([]byte("end\n"))
		case 's':
			b.Set(Item{'x', "Other"})
		default:
			_, _ = b.Write([]byte("key " + string(k) + "\n"))
		}
	}
	return 0
}

// seat is a user at a terminal with a program that has a bar.
type seat struct {
	t           *testing.T
	master, tty *os.File
	cmd         *exec.Cmd
	seen        chan byte
	all         strings.Builder
}

func sit(t *testing.T) *seat {
	t.Helper()
	s := &seat{t: t, seen: make(chan byte, 1<<16)}
	s.master, s.tty = ptytest.Open(t)
	s.size(24, 80)
	s.cmd = exec.Command(os.Args[0])
	s.cmd.Env = append(os.Environ(), barChild+"=1")
	s.cmd.Stdin, s.cmd.Stdout = s.tty, s.tty
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.cmd.Process.Kill(); s.cmd.Wait() })
	go func() {
		r := bufio.NewReader(s.master)
		for {
			b, err := r.ReadByte()
			if err != nil {
				return
			}
			s.seen <- b
		}
	}()
	return s
}

func (s *seat) size(rows, cols uint16) {
	s.t.Helper()
	if err := unix.IoctlSetWinsize(int(s.master.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: rows, Col: cols}); err != nil {
		s.t.Fatal(err)
	}
}

// shows waits until text was written since the last call.
func (s *seat) shows(text string) {
	s.t.Helper()
	var got strings.Builder
	for limit := time.After(time.Minute); !strings.Contains(got.String(), text); {
		select {
		case b := <-s.seen:
			got.WriteByte(b)
			s.all.WriteByte(b)
		case <-limit:
			s.t.Fatalf("%q is not shown, but %q", text, got.String())
		}
	}
}

func (s *seat) types(keys string) {
	s.t.Helper()
	if _, err := io.WriteString(s.master, keys); err != nil {
		s.t.Fatal(err)
	}
}

func (s *seat) local() uint32 {
	s.t.Helper()
	got, err := unix.IoctlGetTermios(int(s.tty.Fd()), unix.TCGETS)
	if err != nil {
		s.t.Fatal(err)
	}
	return got.Lflag
}

// The line stays below what is written, keys come one by one and are not echoed, and the
// terminal is given back as it was found.
func TestBarOnATerminal(t *testing.T) {
	s := sit(t)
	before := s.local()
	s.shows("ready\r\nd Detach   q Quit\r")
	if now := s.local(); now&(unix.ICANON|unix.ECHO) != 0 || now&unix.ISIG == 0 {
		t.Errorf("local modes %#x while keys are read: want no echo, no lines, and signals as ever", now)
	}
	s.types("k")
	s.shows("\r\x1b[Jkey k\r\nd Detach   q Quit\r")
	s.types("\x1b[A") // an arrow is no key
	s.types("p")
	s.shows("\r\x1b[Jpart")
	s.types("n")
	s.shows("end\r\nd Detach   q Quit\r")
	s.types("s")
	s.shows("\r\x1b[Jx Other\r")
	s.types("q")
	s.shows("\r\x1b[Jafter\r\n")
	var exit *exec.ExitError
	if err := s.cmd.Wait(); !errors.As(err, &exit) || exit.ExitCode() != 7 {
		t.Errorf("it ended with %v", err)
	}
	if now := s.local(); now != before {
		t.Errorf("local modes %#x, before %#x", now, before)
	}
	if strings.Contains(s.all.String(), "key \x1b") || strings.Contains(s.all.String(), "key [") || strings.Contains(s.all.String(), "key A") {
		t.Errorf("an arrow counts as keys: %q", s.all.String())
	}
}

// A terminal that has become narrow shows what fits, and has no rest of the wider line.
func TestBarResized(t *testing.T) {
	s := sit(t)
	s.shows("d Detach   q Quit\r")
	s.size(24, 12)
	// The kernel tells the foreground of the terminal that the size has changed.
	s.shows("\x1b[1A\r\x1b[Jd Detach\r")
	s.size(24, 5)
	s.shows("\r\x1b[J")
	s.types("k")
	s.shows("key k\r\n")
	s.size(24, 80)
	s.shows("d Detach   q Quit\r")
}

// What is no terminal has no bar.
func TestOpenRefuses(t *testing.T) {
	null, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	if b, err := Open(null, null, false); err == nil {
		b.Close()
		t.Error("a bar on /dev/null")
	}
}

// In the background (here: on a terminal that is not ours at all) the bar is asleep: it draws
// nothing, reads nothing and changes nothing, and what is written passes.
func TestBarAsleep(t *testing.T) {
	master, tty := ptytest.Open(t)
	before, err := unix.IoctlGetTermios(int(tty.Fd()), unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	b, err := Open(tty, tty, false, Item{'d', "Detach"})
	if err != nil {
		t.Fatal(err)
	}
	if n, err := b.Write([]byte("text\n")); n != 5 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	b.Set(Item{'x', "Other"})
	b.Close()
	after, err := unix.IoctlGetTermios(int(tty.Fd()), unix.TCGETS)
	if err != nil || *after != *before {
		t.Errorf("the terminal was changed: %v", err)
	}
	buf := make([]byte, 100)
	if n, err := master.Read(buf); err != nil || string(buf[:n]) != "text\r\n" {
		t.Errorf("it shows %q, %v", buf[:n], err)
	}
}
