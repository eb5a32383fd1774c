package supervisor

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/internal/state"
	"github.com/mocker-compose/mocker-compose/internal/wire"
	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/supervisor/door"
	"github.com/mocker-compose/mocker-compose/supervisor/kerneltest"
	"github.com/mocker-compose/mocker-compose/supervisor/record"
)

// served is a supervisor behind a real socket, in real time.
type served struct {
	*stage
	path   string
	result chan error
}

func serve(t *testing.T) *served {
	t.Helper()
	return serveWith(t, func(*Config) {}, context.Background())
}

func serveWith(t *testing.T, set func(*Config), parent context.Context) *served {
	t.Helper()
	dir := t.TempDir()
	g := &stage{t: t, f: kerneltest.New(t), dirs: state.Dirs{Run: filepath.Join(dir, "r"), Data: filepath.Join(dir, "d")}}
	cfg := Config{Name: "demo", Dirs: g.dirs, Runtime: g.f, Version: "test", capture: captureFile, tee: teeFile}
	set(&cfg)
	s, err := New(parent, cfg)
	if err != nil {
		t.Fatal(err)
	}
	g.s = s
	v := &served{stage: g, path: g.dirs.APISocket("demo"), result: make(chan error, 1)}
	l, err := wire.Listen(v.path)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(parent)
	var done sync.WaitGroup
	done.Go(func() { v.result <- g.s.Serve(ctx, l) })
	t.Cleanup(func() { cancel(); done.Wait() })
	return v
}

func (v *served) dial() *wire.Conn {
	v.t.Helper()
	c, err := wire.Dial(context.Background(), v.path)
	if err != nil {
		v.t.Fatal(err)
	}
	v.t.Cleanup(func() { c.Close() })
	_ = c.SetDeadline(time.Now().Add(30 * time.Second)) // against hangs
	return c
}

// call sends a request and reads all answers.
func (v *served) call(req api.Request, files ...*os.File) reply {
	v.t.Helper()
	c := v.dial()
	if err := c.Send(req, files...); err != nil {
		v.t.Fatal(err)
	}
	return v.read(c)
}

func (v *served) read(c *wire.Conn) (rep reply) {
	v.t.Helper()
	for !rep.done {
		var a api.Answer
		files, err := c.Receive(&a)
		if err != nil {
			v.t.Fatalf("answer: %v", err)
		}
		door.CloseFiles(files)
		rep.take(a)
	}
	return rep
}

func (v *served) wait(want error) {
	v.t.Helper()
	select {
	case err := <-v.result:
		if !errors.Is(err, want) {
			v.t.Fatalf("Serve returned %v, want %v", err, want)
		}
	case <-time.After(30 * time.Second):
		v.t.Fatalf("Serve did not return %v", want)
	}
}

func upOf(p project.Project) api.Request {
	return api.Request{Op: api.OpUp, Up: &api.UpRequest{Project: p}}
}

func TestServeUntilTheProjectEnds(t *testing.T) {
	v := serve(t)
	listener := v.dial()
	if err := listener.Send(api.Request{Op: api.OpEvents}); err != nil {
		t.Fatal(err)
	}
	v.must(v.call(upOf(proj(svc("a"), svc("b")))))
	if ps := v.must(v.call(api.Request{Op: api.OpPS})).ps; len(ps) != 2 || ps[0].PID == 0 {
		t.Errorf("ps %s", asJSON(ps))
	}
	v.must(v.call(api.Request{Op: api.OpDown}))
	if events := v.must(v.read(listener)).events; len(events) < 6 {
		t.Errorf("%d events before the end", len(events))
	}
	v.wait(ErrProjectEnded)
	if _, err := os.Stat(v.dirs.ProjectData("demo")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("data directory after down: %v", err)
	}
}

// TestTheEndOfTheProjectIsAnswered: the context ends with the project's holder,
// in the middle of the down that ended it.
func TestTheEndOfTheProjectIsAnswered(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	v := serveWith(t, func(c *Config) {
		c.Ended = func() error { cancel(); time.Sleep(50 * time.Millisecond); return nil }
	}, ctx)
	v.must(v.call(upOf(proj(svc("a")))))
	v.must(v.call(api.Request{Op: api.OpDown}))
	v.wait(ErrProjectEnded)
}

func TestServeEndsIdleAndTheNextGoesOn(t *testing.T) {
	v := serve(t)
	v.must(v.call(upOf(proj(svc("a")))))
	v.must(v.call(api.Request{Op: api.OpStop}))
	v.wait(ErrIdle)
	rec, same, err := record.Read(v.dirs.StateFile("demo"))
	if err != nil || !same {
		t.Fatalf("record: same boot %t, %v", same, err)
	}
	if c := rec.Containers; len(c) != 1 || c[0].State != Exited || c[0].Name != "demo-a-1" {
		t.Errorf("the record has %s", asJSON(c))
	}
	v.boot()
	v.must(v.do(api.Request{Op: api.OpStart}))
	v.wantStates("a-1=running")
	v.s.Close()
}

func TestAClientKeepsTheSupervisor(t *testing.T) {
	v := serve(t)
	c := v.dial()
	if err := c.Send(api.Request{Op: api.OpEvents}); err != nil {
		t.Fatal(err)
	}
	v.must(v.call(upOf(proj(svc("a")))))
	v.must(v.call(api.Request{Op: api.OpStop}))
	select {
	case err := <-v.result:
		t.Fatalf("Serve returned %v though somebody listens", err)
	case <-time.After(idleLimit + idleLimit/2):
	}
	c.Close()
	v.wait(ErrIdle)
}

func TestExecAnswers(t *testing.T) {
	v := serve(t)
	v.must(v.call(upOf(proj(svc("a")))))
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	exec := func(b api.ExecRequest) reply {
		return v.call(api.Request{Op: api.OpExec, Exec: &b}, null, null, null)
	}
	if r := v.must(exec(api.ExecRequest{Service: "a", Args: []string{"true"}})); r.exit == nil || r.exit.Code != 7 {
		t.Errorf("exit %+v", r.exit)
	}
	if r := v.must(exec(api.ExecRequest{Service: "a", Args: []string{"wait"}, Detach: true})); r.exit != nil {
		t.Errorf("a detached command was waited for: %+v", r.exit)
	}
	for want, b := range map[string]api.ExecRequest{
		"no such service: x":                      {Service: "x", Args: []string{"true"}},
		`service "a" is not running container #2`: {Service: "a", Index: 2, Args: []string{"true"}},
		`exec in service "a": no command given`:   {Service: "a"},
	} {
		if r := exec(b); r.err == nil || r.err.Message != want {
			t.Errorf("error %+v, want %q", r.err, want)
		}
	}
	v.must(v.call(api.Request{Op: api.OpStop}))
	if r := exec(api.ExecRequest{Service: "a", Args: []string{"true"}}); r.err == nil || r.err.Message != `service "a" is not running` {
		t.Errorf("error %+v", r.err)
	}
}

func TestAnAttachedExecDiesWithItsClient(t *testing.T) {
	v := serve(t)
	v.must(v.call(upOf(proj(svc("a")))))
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	c := v.dial()
	if err := c.Send(api.Request{Op: api.OpExec, Exec: &api.ExecRequest{Service: "a", Args: []string{"wait"}}}, w, w, w); err != nil {
		t.Fatal(err)
	}
	w.Close()
	var heard, a api.Answer
	if _, err := c.Receive(&heard); err != nil || heard.Started != nil {
		t.Fatalf("first answer %+v, %v; it must come before the command", heard, err)
	}
	if _, err := c.Receive(&a); err != nil || a.Started == nil {
		t.Fatalf("answer %+v, %v", a, err)
	}
	// The supervisor keeps no copy of the files: the reader sees their end.
	_ = r.SetReadDeadline(time.Now().Add(30 * time.Second))
	if b, err := io.ReadAll(r); err != nil || len(b) > 0 {
		t.Errorf("output %q, %v", b, err)
	}
	run := v.f.Find("demo-a-1/exec-1")
	c.Close()
	select {
	case <-run.Over:
	case <-time.After(30 * time.Second):
		t.Error("the command lives on without its client")
	}
}

func TestASilentOrGarbledClientHarmsNobody(t *testing.T) {
	v := serve(t)
	silent := v.dial()
	_ = silent
	garbled := v.dial()
	if err := garbled.Send("not a request"); err != nil {
		t.Fatal(err)
	}
	var a api.Answer
	if _, err := garbled.Receive(&a); err == nil {
		t.Errorf("answer %+v to garbage", a)
	}
	if r := v.call(api.Request{Op: "dance"}); r.err == nil {
		t.Error("an unknown request was accepted")
	}
	if r := v.must(v.call(api.Request{Op: api.OpInfo})); !r.done {
		t.Error("no info")
	}
}
