package host

import (
	"bytes"
	"context"
	"io"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/logs"
	"github.com/mocker-compose/mocker-compose/supervisor"
)

// drainLimit bounds the wait for what is still in the pipes of a log.
const drainLimit = 5 * time.Second

// LogTail reads the last lines of a log.
func (r *Runtime) LogTail(ctx context.Context, sc *supervisor.Container, since time.Time, lines int) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, drainLimit)
	defer cancel()
	dir := r.dirs.LogDir(r.project, sc.Name)
	if err := r.logs.Drain(ctx, dir); err != nil {
		return "", err
	}
	var text bytes.Buffer
	err := logs.Print(ctx, &text, io.Discard, []logs.Source{{Dir: dir, Container: sc.Name, Service: sc.Service.Name}},
		logs.Query{Tail: lines, Since: since}, logs.Format{})
	return string(bytes.TrimSpace(text.Bytes())), err
}
