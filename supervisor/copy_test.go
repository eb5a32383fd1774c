package supervisor

import (
	"io"
	"os"
	"strings"
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/api"
)

func TestCopyAnswers(t *testing.T) {
	v := serve(t)
	v.must(v.call(upOf(proj(svc("a")))))
	for _, state := range []string{"running", "stopped"} {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		c := v.dial()
		req := &api.CopyRequest{Container: "demo-a-1", Path: "/etc/x", Follow: true}
		if err := c.Send(api.Request{Op: api.OpCopy, Copy: req}, w); err != nil {
			t.Fatal(err)
		}
		w.Close()
		// The stream ends by itself: the supervisor has closed its end.
		b, err := io.ReadAll(r)
		r.Close()
		if err != nil || !strings.HasPrefix(string(b), "demo-a-1 {In:false Path:/etc/x Follow:true") {
			t.Errorf("%s: stream %q, %v", state, b, err)
		}
		if got := v.must(v.read(c)).lines; len(got) != 1 || !strings.HasSuffix(got[0], "Warning") {
			t.Errorf("%s: said %q", state, got)
		}
		v.must(v.call(api.Request{Op: api.OpStop}))
	}
	for name, req := range map[string]*api.CopyRequest{
		"no such container: demo-b-1":     {Container: "demo-b-1", Path: "/"},
		"could not find the file":         {Container: "demo-a-1", Path: "/missing"},
		"0 files came with the request, ": {Container: "demo-a-1"},
	} {
		c := v.dial()
		var files []*os.File
		if req.Path != "" {
			null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
			if err != nil {
				t.Fatal(err)
			}
			defer null.Close()
			files = append(files, null)
		}
		if err := c.Send(api.Request{Op: api.OpCopy, Copy: req}, files...); err != nil {
			t.Fatal(err)
		}
		if r := v.read(c); r.err == nil || !strings.Contains(r.err.Message, name) {
			t.Errorf("%+v: error %+v, want %q", req, r.err, name)
		}
	}
	v.must(v.call(api.Request{Op: api.OpDown}))
	v.wait(ErrProjectEnded)
}
