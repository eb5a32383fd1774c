package execcmd

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/internal/client"
	"github.com/mocker-compose/mocker-compose/internal/client/clienttest"
	"github.com/mocker-compose/mocker-compose/internal/client/tty/ptytest"
	"github.com/mocker-compose/mocker-compose/internal/wire"
)

// TestExecStreams: the command has our own standard files, and its exit code is ours.
func TestExecStreams(t *testing.T) {
	w := clienttest.New(t)
	w.Serve("demo", func(c *wire.Conn, r *api.Request, files []*os.File) {
		defer func() {
			for _, f := range files {
				f.Close()
			}
		}()
		if r.Op != api.OpExec || len(files) != 3 {
			_ = c.Send(api.Answer{Done: true, Error: &api.Error{Message: fmt.Sprintf("%s with %d files", r.Op, len(files))}})
			return
		}
		in, _ := io.ReadAll(files[0])
		fmt.Fprintf(files[1], "out %s", in)
		fmt.Fprint(files[2], "err")
		_ = c.Send(api.Answer{Started: &api.Started{PID: 7}})
		_ = c.Send(api.Answer{Exit: &api.Exit{Code: 42}, Done: true})
	})
	if _, err := w.Stdin.WriteString("typed"); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Stdin.Seek(0, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	t.Setenv("HANDED_ON", "yes")
	o := &Options{tty: true, Env: []string{"A=b", "HANDED_ON", "NOT_SET_ANYWHERE"}, User: "app", WorkingDir: "/srv", Index: 2}
	err := Exec(clienttest.Bounded(t), w.Env, client.Target{Name: "demo"}, o, "web", []string{"cat", "-u"})
	if code := client.Report(w.Err, err); code != 42 {
		t.Errorf("exit code %d, want 42", code)
	}
	clienttest.WantOutput(t, "stdout", w.Out, "out typed")
	clienttest.WantOutput(t, "stderr", w.Err, "err")
	r := w.Asked(api.OpExec)[0].Exec
	if r.TTY || r.Service != "web" || r.User != "app" || r.WorkingDir != "/srv" || r.Index != 2 ||
		!slices.Equal(r.Args, []string{"cat", "-u"}) || !slices.Equal(r.Env, []string{"A=b", "HANDED_ON=yes"}) {
		t.Errorf("request %+v", r)
	}
}

func TestExecDetached(t *testing.T) {
	w := clienttest.New(t)
	w.Serve("demo", func(c *wire.Conn, _ *api.Request, files []*os.File) {
		for _, f := range files {
			f.Close()
		}
		_ = c.Send(api.Answer{Started: &api.Started{PID: 7}})
		var r api.Request
		_, _ = c.Receive(&r) // until the client has gone
	})
	if err := Exec(clienttest.Bounded(t), w.Env, client.Target{Name: "demo"}, &Options{Detach: true}, "web", []string{"daemon"}); err != nil {
		t.Fatal(err)
	}
}

func TestExecFailures(t *testing.T) {
	w := clienttest.New(t)
	err := Exec(clienttest.Bounded(t), w.Env, client.Target{Name: "demo"}, &Options{}, "web", []string{"true"})
	if err == nil || err.Error() != `service "web" is not running` {
		t.Errorf("without supervisor: %v", err)
	}
	w.Serve("demo", func(c *wire.Conn, _ *api.Request, files []*os.File) {
		for _, f := range files {
			f.Close()
		}
		_ = c.Send(api.Answer{}) // heard
	})
	err = Exec(clienttest.Bounded(t), w.Env, client.Target{Name: "demo"}, &Options{}, "web", []string{"true"})
	if err == nil || !strings.Contains(err.Error(), "was not repeated") || len(w.Asked(api.OpExec)) != 1 {
		t.Errorf("supervisor died: %v, asked %d times", err, len(w.Asked(api.OpExec)))
	}
}

// A supervisor that was killed before it took the request up has done nothing:
// the next one is asked.
func TestExecOfASupervisorThatDidNotHear(t *testing.T) {
	w := clienttest.New(t)
	w.Serve("demo", func(c *wire.Conn, _ *api.Request, files []*os.File) {
		for _, f := range files {
			f.Close()
		}
		if len(w.Asked(api.OpExec)) < 3 {
			return
		}
		_ = c.Send(api.Answer{})
		_ = c.Send(api.Answer{Exit: &api.Exit{Code: 5}, Done: true})
	})
	err := Exec(clienttest.Bounded(t), w.Env, client.Target{Name: "demo"}, &Options{}, "web", []string{"true"})
	if code := client.Report(w.Err, err); code != 5 || len(w.Asked(api.OpExec)) != 3 {
		t.Errorf("%v, exit code %d, asked %d times; want 5, 3", err, code, len(w.Asked(api.OpExec)))
	}
}

// resize changes the user's terminal and waits until the command's follows. A
// terminal that is used tells nobody of its new size but by a signal to its
// foreground processes, which the test sends itself.
func resize(ours, theirs *os.File) error {
	want := unix.Winsize{Row: 50, Col: 120}
	if err := unix.IoctlSetWinsize(int(ours.Fd()), unix.TIOCSWINSZ, &want); err != nil {
		return err
	}
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(time.Millisecond) {
		// Again and again: the client may not listen yet.
		if err := unix.Kill(os.Getpid(), unix.SIGWINCH); err != nil {
			return err
		}
		if got, err := unix.IoctlGetWinsize(int(theirs.Fd()), unix.TIOCGWINSZ); err != nil || *got == want {
			return err
		}
	}
	return errors.New("the command's terminal did not get the new size")
}

// TestExecTerminal: both sides are terminals; ours is raw meanwhile, theirs has
// our size, all output arrives, and ours is given back as it was.
func TestExecTerminal(t *testing.T) {
	w := clienttest.New(t)
	user, ours := ptytest.Open(t)
	master, theirs := ptytest.Open(t)
	if err := unix.IoctlSetWinsize(int(ours.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: 33, Col: 77}); err != nil {
		t.Fatal(err)
	}
	w.Stdin, w.Stdout = ours, ours
	before, err := unix.IoctlGetTermios(int(ours.Fd()), unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	raw, resized := make(chan bool, 1), make(chan error, 1)
	w.Serve("demo", func(c *wire.Conn, r *api.Request, files []*os.File) {
		if len(files) != 0 || !r.Exec.TTY || r.Exec.Rows != 33 || r.Exec.Cols != 77 {
			_ = c.Send(api.Answer{Done: true, Error: &api.Error{Message: fmt.Sprintf("%+v with %d files", r.Exec, len(files))}})
			return
		}
		_ = c.Send(api.Answer{Started: &api.Started{PID: 7}}, master)
		resized <- resize(ours, theirs)
		line := make([]byte, 64)
		n, _ := theirs.Read(line) // the user types
		now, err := unix.IoctlGetTermios(int(ours.Fd()), unix.TCGETS)
		raw <- err == nil && now.Lflag&unix.ECHO == 0
		fmt.Fprintf(theirs, "%s%s", line[:n], strings.Repeat("x", 3000))
		_ = c.Send(api.Answer{Exit: &api.Exit{Code: 5}, Done: true})
	})
	if _, err := user.WriteString("hello\n"); err != nil {
		t.Fatal(err)
	}
	seen := make(chan int, 1)
	go func() {
		total, buf := 0, make([]byte, 4096)
		for total < 3000 {
			n, err := user.Read(buf)
			if err != nil {
				break
			}
			total += strings.Count(string(buf[:n]), "x")
		}
		seen <- total
	}()
	err = Exec(clienttest.Bounded(t), w.Env, client.Target{Name: "demo"}, &Options{tty: true}, "web", []string{"sh"})
	if code := client.Report(w.Err, err); code != 5 {
		t.Fatalf("exit code %d, %v; want 5", code, err)
	}
	if n := <-seen; n != 3000 {
		t.Errorf("%d bytes of output arrived, want 3000", n)
	}
	if err := <-resized; err != nil {
		t.Error(err)
	}
	if !<-raw {
		t.Error("our terminal was not raw while the command ran")
	}
	after, err := unix.IoctlGetTermios(int(ours.Fd()), unix.TCGETS)
	if err != nil || *after != *before {
		t.Errorf("our terminal was not given back: %+v, was %+v (%v)", after, before, err)
	}
}
