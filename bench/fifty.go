package main

import (
	"context"
	"fmt"
	"os/exec"
	"strings"
	"time"
)

const fifty = 50

// services are n services of busybox sleep.
func services(n int, command string) string {
	var s strings.Builder
	for i := range n {
		fmt.Fprintf(&s, "  s%02d: { image: ROOT, command: %s }\n", i, command)
	}
	return s.String()
}

// benchFifty measures a project of fifty services: up, what it costs to look at
// it, its memory, and its end.
func benchFifty(ctx context.Context, b *bench) error {
	p, err := b.project("fifty", services(fifty, "/bin/sleep 1000"))
	if err != nil {
		return err
	}
	var up, down, crun []time.Duration
	var noCrun error
	for i := range max(3, b.runs/2) {
		took, err := p.run(ctx, "up", "-d")
		if err != nil {
			return err
		}
		up = append(up, took)
		if i == 0 {
			if err := p.look(ctx); err != nil {
				return err
			}
		}
		if took, err = p.run(ctx, "down", "-t", "0"); err != nil {
			return err
		}
		down = append(down, took)
		if noCrun == nil {
			if took, noCrun = b.crunRow(ctx, fifty); noCrun == nil {
				crun = append(crun, took)
			}
		}
	}
	what := fmt.Sprintf("up -d of %d services, with network and names", fifty)
	if noCrun != nil {
		b.skip(what+" against crun", noCrun.Error())
	} else {
		b.ratio(what, up, crun, 0.35)
	}
	b.absolute(fmt.Sprintf("down -t 0 of %d services", fifty), median(down).Seconds(), 0.3, "s")
	return nil
}

// look measures the commands on a running project of fifty, and its memory.
func (p *project) look(ctx context.Context) error {
	var ps, exe, noop, empty []time.Duration
	for range p.runs * 3 {
		for _, c := range []struct {
			to   *[]time.Duration
			args []string
		}{{&ps, []string{"ps"}}, {&exe, []string{"exec", "-T", "s00", "true"}}} {
			took, err := p.run(ctx, c.args...)
			if err != nil {
				return err
			}
			*c.to = append(*c.to, took)
		}
		took, err := timed(exec.CommandContext(ctx, p.empty()))
		if err != nil {
			return err
		}
		empty = append(empty, took)
	}
	for range p.runs {
		took, err := p.run(ctx, "up", "-d")
		if err != nil {
			return err
		}
		noop = append(noop, took)
	}
	p.ratio("ps of 50, against an empty static Go program", ps, empty, 5)
	p.ratio("exec -T s true, against the same", exe, empty, 5)
	p.absolute("up -d that changes nothing, 50 services", median(noop).Seconds(), 0.1, "s")
	time.Sleep(2 * settleTime) // what the last command needed is given back
	pss, err := memory(p.compose, p.name)
	if err != nil {
		return err
	}
	p.absolute("memory of ours with 50 services (PSS)", float64(pss)/(1<<20), 30, "MiB")
	return nil
}

// benchStop measures services that cannot react to SIGTERM: process 1 of a pid
// namespace without a handler never gets it (pid_namespaces(7)).
func benchStop(ctx context.Context, b *bench) error {
	p, err := b.project("stop", services(20, "[/bin/sh, -c, 'sleep infinity']"))
	if err != nil {
		return err
	}
	var took []time.Duration
	for range b.runs {
		if _, err := p.run(ctx, "up", "-d"); err != nil {
			return err
		}
		d, err := p.run(ctx, "stop")
		if err != nil {
			return err
		}
		took = append(took, d)
	}
	b.absolute("stop of 20 services of sh -c 'sleep infinity'", median(took).Seconds(), 0.5, "s")
	return nil
}
