package whycmd

import (
	"bytes"
	"context"
	"os"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/client"
	"github.com/mocker-compose/mocker-compose/internal/logs"
	"github.com/mocker-compose/mocker-compose/internal/why"
	"github.com/mocker-compose/mocker-compose/netstack/ports"
	"github.com/mocker-compose/mocker-compose/supervisor/record"
	"github.com/mocker-compose/mocker-compose/supervisor/states"
)

// lastLines is how much of a log is read.
const lastLines = 20

type facts struct{ why.Facts }

// gather finds out what there is to know of a project.
func gather(ctx context.Context, e *client.Env, t client.Target, profiles map[string][]string) (*facts, error) {
	live, err := e.Live(ctx, t.Name)
	if err != nil {
		return nil, err
	}
	f := &facts{why.Facts{
		Now: time.Now(), Live: live, Files: t.Project, Profiles: profiles, Program: client.Program, Port: ports.HolderAt,
		Logs: map[string][]why.Line{}, Binds: map[string][]why.Bind{},
	}}
	if f.Dir, err = os.Getwd(); err != nil {
		f.Dir = ""
	}
	if live == nil {
		return f, nil
	}
	f.Full = full(e.Dirs.Data)
	inside := idsInside()
	for i := range live.Containers {
		r := &live.Containers[i]
		if f.Logs[r.Name], err = lines(ctx, e, r); err != nil {
			return nil, err
		}
		f.Binds[r.Name] = binds(r, inside)
	}
	return f, nil
}

// full reports a file system on which not even a page is left for us.
func full(dir string) bool {
	var st unix.Statfs_t
	return unix.Statfs(dir, &st) == nil && st.Blocks > 0 && (st.Bavail == 0 || st.Files > 0 && st.Ffree == 0)
}

// lines are the last ones of a container's last run.
func lines(ctx context.Context, e *client.Env, r *record.Replica) ([]why.Line, error) {
	if r.Run == 0 || r.Reason == states.ReasonStartFailed {
		return nil, nil
	}
	var out, errOut bytes.Buffer
	s := logs.Source{Container: r.Name, Dir: e.Dirs.LogDir(r.Project, r.Name)}
	if err := logs.Print(ctx, &out, &errOut, []logs.Source{s}, logs.Query{Tail: lastLines, Since: r.Started}, logs.Format{Timestamps: true, Terminal: true}); err != nil {
		return nil, err
	}
	list := append(stamped(out.String(), "stdout"), stamped(errOut.String(), "stderr")...)
	slices.SortStableFunc(list, func(a, b why.Line) int { return a.At.Compare(b.At) })
	return list[max(0, len(list)-lastLines):], nil
}

// stamped reads lines with their times of arrival.
func stamped(text, stream string) (list []why.Line) {
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		stamp, rest, _ := strings.Cut(line, " ")
		at, err := time.Parse(time.RFC3339Nano, stamp)
		if err != nil {
			rest = line
		}
		list = append(list, why.Line{At: at, Stream: stream, Text: rest})
	}
	return list
}
