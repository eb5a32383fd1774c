package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/wire"
)

// side is a project in one of the two ways: with cgroups and without.
type side struct {
	*project
	q    *fifo
	took []time.Duration
}

// benchLimits measures what it costs that each run of a container has a cgroup with
// limits: a start, and the life of a whole project, beside the same without.
func benchLimits(ctx context.Context, b *bench) error {
	for _, n := range []int{1, 50} {
		if err := b.limitedStarts(ctx, n); err != nil {
			return err
		}
	}
	return b.limitedProjects(ctx)
}

// limitedStarts compares starts in a running project.
func (b *bench) limitedStarts(ctx context.Context, n int) error {
	s := "  keep: { image: ROOT, command: /bin/sleep 1000 }\n  s: " + strings.Replace(fmt.Sprintf(hello, n), " }\n", ", mem_limit: 100m, cpus: 2, pids_limit: 100 }\n", 1)
	with, without, end, err := b.bothWays(ctx, fmt.Sprintf("limits%d", n), s)
	if err != nil {
		return err
	}
	defer end()
	for _, p := range []*side{with, without} {
		if _, err := p.run(ctx, "up", "--no-start"); err != nil {
			return err
		}
		if _, err := p.run(ctx, "start", "keep"); err != nil {
			return err
		}
	}
	if err := with.inGroups(ctx); err != nil {
		return err
	}
	for range b.runs * 3 {
		for _, p := range []*side{with, without} {
			took, err := p.startAll(ctx, p.q, n)
			if err != nil {
				return err
			}
			p.took = append(p.took, took)
			if _, err := p.run(ctx, "stop", "-t", "0", "s"); err != nil {
				return err
			}
		}
	}
	b.ratio(fmt.Sprintf("launch with limits, %d at once, against without cgroups", n), with.took, without.took, 1.25)
	return nil
}

// limitedProjects compares a project's first start and its end.
func (b *bench) limitedProjects(ctx context.Context) error {
	with, without, end, err := b.bothWays(ctx, "limitsup", "  s: { image: ROOT, command: /bin/sleep 1000, mem_limit: 100m }\n")
	if err != nil {
		return err
	}
	defer end()
	downs := map[*side][]time.Duration{}
	for range b.runs * 3 {
		for _, p := range []*side{with, without} {
			took, err := p.run(ctx, "up", "-d")
			if err != nil {
				return err
			}
			p.took = append(p.took, took)
			if took, err = p.run(ctx, "down", "-t", "0"); err != nil {
				return err
			}
			downs[p] = append(downs[p], took)
		}
	}
	b.ratio("up -d of a project of one, its cgroups made, against without", with.took, without.took, 1.25)
	b.ratio("down -t 0 of it, against the same", downs[with], downs[without], 1.5)
	return nil
}

// bothWays makes the same project twice, each with holders of its own.
func (b *bench) bothWays(ctx context.Context, name, services string) (with, without *side, end func(), err error) {
	plain := *b
	plain.dirs.Run = filepath.Join(b.dir, "run-without")
	plain.env = append(append([]string{}, b.env...), "MOCKER_RUNTIME_DIR="+plain.dirs.Run, "MOCKER_FORCE_NO_CGROUP=1")
	var sides []*side
	end = func() {
		for _, p := range sides {
			p.q.Close()
			if _, err := p.run(ctx, "down", "-t", "0"); err != nil {
				fmt.Fprintln(os.Stderr, "bench:", err)
			}
		}
	}
	for i, one := range []*bench{b, &plain} {
		p, err := one.project(fmt.Sprintf("%s-%d", name, i), services)
		if err != nil {
			end()
			return nil, nil, nil, err
		}
		q, err := openFIFO(p.dir)
		if err != nil {
			end()
			return nil, nil, nil, err
		}
		sides = append(sides, &side{project: p, q: q})
	}
	return sides[0], sides[1], end, nil
}

// inGroups reports an error unless the project has cgroups: its supervisor is in the
// leaf for it.
func (s *side) inGroups(ctx context.Context) error {
	c, err := wire.Dial(ctx, s.dirs.APISocket(s.name))
	if err != nil {
		return err
	}
	defer c.Close()
	pid, err := c.PeerPID()
	if err != nil {
		return err
	}
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/cgroup", pid))
	if err != nil {
		return err
	}
	if !strings.Contains(string(b), "/holder\n") {
		return errors.New("no cgroups are delegated here: see mocker-compose doctor, and MOCKER_CGROUP")
	}
	return nil
}
