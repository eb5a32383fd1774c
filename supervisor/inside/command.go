package inside

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/mocker-compose/mocker-compose/supervisor/capture"
	"github.com/mocker-compose/mocker-compose/supervisor/kernel"
)

// Executor executes commands of the supervisor's own.
type Executor struct {
	Runtime kernel.Runtime
	Capture func() (capture.Output, error)
	// Tee copies what is written into a log.
	Tee func(log *os.File) (capture.Output, error)
	// Events tells that a command begins; what it returns is told the exit code.
	Events func(c *kernel.Container, args []string) (died func(code int))
	Report func(string)
}

// ErrTimeout says that a command took too long, and was killed.
var ErrTimeout = errors.New("exceeded its time limit")

// Run executes one command and returns its exit code and the beginning of its output.
// With an error, which is ErrTimeout when limit was over, there is no exit code. what
// names it in reports: "the health check".
func (x *Executor) Run(ctx context.Context, c *kernel.Container, spec kernel.ExecSpec, limit time.Duration, what string) (code int, output string, err error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	null, err := os.Open(os.DevNull)
	if err != nil {
		return -1, "", err
	}
	defer null.Close()
	out, err := x.Capture()
	if err != nil {
		return -1, "", err
	}
	run, _, err := x.Runtime.Exec(ctx, c, spec, [3]*os.File{null, out.File, out.File})
	if err != nil {
		out.Collect()
		return -1, "", err
	}
	died := x.Events(c, spec.Args)
	select {
	case e := <-run.Done:
		died(e.Code)
		return e.Code, out.Collect(), nil
	case <-ctx.Done():
		if err := x.Runtime.Kill(run); err != nil {
			x.Report(fmt.Sprintf("end %s of container %s: %v", what, c.Name, err))
		}
		died(Killed)
		return -1, out.Collect(), ErrTimeout
	}
}
