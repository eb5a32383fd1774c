package sandbox

import (
	"context"
	"errors"
	"io"
	"os"
	"time"

	"github.com/mocker-compose/mocker-compose/rootless/program"
)

// Report reads the status pipe to its end, or to the pipe's own read deadline, or until ctx
// ends: reached is the step that the set-up has come to, in words, whatever err is.
func (p *Prepared) Report(ctx context.Context, status *os.File) (reached string, failure *program.Failure, err error) {
	defer context.AfterFunc(ctx, func() { _ = status.SetReadDeadline(time.Now()) })()
	b, err := io.ReadAll(status)
	report, ok := program.ParseReport(b)
	reached = "begin"
	if report.Reached >= 0 {
		reached = p.Program.What(report.Reached)
	}
	if err == nil && !ok {
		err = errors.New("unreadable report of the set-up")
	}
	return reached, report.Failure, err
}
