package inside

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/mocker-compose/mocker-compose/supervisor/kernel"
	"github.com/mocker-compose/mocker-compose/supervisor/policy"
)

// Check executes the health check of a run that began at started, again and again, and
// tells each verdict, until ctx ends. health is the verdict so far.
func (x *Executor) Check(ctx context.Context, c *kernel.Container, started time.Time, health policy.Health, tell func(policy.Health)) {
	check := c.Service.HealthCheck
	timer := time.NewTimer(health.Interval(check, time.Since(started)))
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		age := time.Since(started)
		code, output := x.probe(ctx, c)
		if ctx.Err() != nil {
			return
		}
		health = health.After(check, age, code, output)
		tell(health)
		timer.Reset(health.Interval(check, time.Since(started)))
	}
}

// probe executes the check once; its exit code is -1 when it took too long or could not
// be executed.
func (x *Executor) probe(ctx context.Context, c *kernel.Container) (int, string) {
	check := c.Service.HealthCheck
	limit := policy.Timeout(check)
	code, output, err := x.Run(ctx, c, kernel.ExecSpec{Args: probeArgs(check.Test)}, limit, "the health check")
	switch {
	case errors.Is(err, ErrTimeout):
		return -1, fmt.Sprintf("Health check exceeded timeout (%v)", limit)
	case err != nil:
		return -1, err.Error()
	}
	return code, output
}

// probeArgs is the command of a test: CMD-SHELL goes through the shell inside.
func probeArgs(test []string) []string {
	if test[0] == "CMD-SHELL" {
		return append([]string{"/bin/sh", "-c"}, test[1:]...)
	}
	return test[1:]
}
