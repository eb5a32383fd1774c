package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

const (
	hundred  = 100
	thousand = 1000
)

// benchPlan measures an up of a hundred services that has nothing to do, and what ps
// takes to show them, as whole processes, and the plan of a thousand: files read, plan
// made and printed, and the memory that took.
func benchPlan(ctx context.Context, b *bench) error {
	p, err := b.project("hundred", services(hundred, "/bin/sleep 1000"))
	if err != nil {
		return err
	}
	if _, err := p.run(ctx, "up", "-d"); err != nil {
		return err
	}
	var noop, plan, ps []time.Duration
	for range b.runs {
		took, err := p.run(ctx, "up", "-d")
		if err != nil {
			return err
		}
		noop = append(noop, took)
		if took, err = p.run(ctx, "plan"); err != nil {
			return err
		}
		plan = append(plan, took)
		if took, err = p.run(ctx, "ps"); err != nil {
			return err
		}
		ps = append(ps, took)
	}
	if _, err := p.run(ctx, "down", "-t", "0"); err != nil {
		return err
	}
	b.absolute(fmt.Sprintf("up -d that changes nothing, %d services", hundred), median(noop).Seconds(), 0.15, "s")
	b.absolute(fmt.Sprintf("plan of %d services that run", hundred), median(plan).Seconds(), 0.15, "s")
	b.absolute(fmt.Sprintf("ps of %d services", hundred), median(ps).Seconds(), 0.03, "s")
	return b.planThousand(ctx)
}

// planThousand is a project that does not run: nothing is started for its plan.
func (b *bench) planThousand(ctx context.Context) error {
	var file strings.Builder
	file.WriteString("services:\n")
	for i := range thousand {
		fmt.Fprintf(&file, "  s%04d:\n    command: [sleep, '1000']\n    environment: { A: '1', LOG_LEVEL: info }\n    labels: { tier: t%d }\n", i, i%5)
		if i%10 > 0 {
			fmt.Fprintf(&file, "    depends_on: [s%04d]\n", i-1)
		}
	}
	path := filepath.Join(b.dir, "thousand.yaml")
	if err := os.WriteFile(path, []byte(file.String()), 0o600); err != nil {
		return err
	}
	var took []time.Duration
	var most int64 // kilobytes
	for range b.runs {
		cmd := exec.CommandContext(ctx, b.compose, "-p", "thousand", "-f", path, "plan")
		cmd.Env = b.env
		d, err := timed(cmd)
		if err != nil {
			return err
		}
		took = append(took, d)
		if use, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
			most = max(most, use.Maxrss)
		}
	}
	b.absolute(fmt.Sprintf("load and plan of %d services", thousand), median(took).Seconds(), 2, "s")
	b.absolute("memory of that, at most", float64(most)/1024, 200, "MiB")
	return nil
}
