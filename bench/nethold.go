package main

import (
	"context"
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/bench/load"
)

// many is the number of connections that are open at the same time.
const many = 10_000

// benchNetHold opens many connections through one published port, each of which
// has carried a byte both ways, and measures what they cost while they are quiet:
// the memory of our processes, and of the machine, which is that of both ends and
// of the kernel too.
func benchNetHold(ctx context.Context, b *bench) error {
	n, err := raiseFiles()
	if err != nil {
		return err
	}
	if n < many {
		b.skip(fmt.Sprintf("%d connections at once", many), fmt.Sprintf("a process may have as many files as are enough for %d: `ulimit -Hn`", n))
	}
	l := &lab{bench: b}
	defer l.close()
	if l.host, err = l.startAgent(self(ctx, "net-agent")); err != nil {
		return err
	}
	p, err := b.project("hold", fmt.Sprintf(netServices, ""))
	if err != nil {
		return err
	}
	if _, err := p.run(ctx, "up", "-d"); err != nil {
		return err
	}
	to, err := p.portOf(ctx, "server", servicePort+"/tcp")
	if err != nil {
		return err
	}
	if err := await(ctx, l.host, to); err != nil {
		return err
	}
	ours, machine, err := p.costs(func() error {
		r, err := l.host.do(load.Order{Verb: "hold", Addr: to, Count: n})
		if err != nil {
			return fmt.Errorf("%d connections of %d: %w", r.Count, n, err)
		}
		return nil
	})
	if err != nil {
		return err
	}
	what := fmt.Sprintf("%d connections through one published port: ", n)
	b.absolute(what+"memory of ours, each", float64(ours)/1024/float64(n), 16, "KiB")
	b.add(row{what: what + "of the machine, each", ours: fmt.Sprintf("%.1f KiB", float64(machine)/1024/float64(n)), other: "-", unit: "KiB", told: true})
	_, err = l.host.do(load.Order{Verb: "drop"})
	return err
}

// costs is by how much the memory of our processes and of the machine grows by f.
func (p *project) costs(f func() error) (ours, machine int64, err error) {
	oursBefore, err := memory(p.compose, p.name)
	if err != nil {
		return 0, 0, err
	}
	free, err := available()
	if err != nil {
		return 0, 0, err
	}
	if err := f(); err != nil {
		return 0, 0, err
	}
	if ours, err = memory(p.compose, p.name); err != nil {
		return 0, 0, err
	}
	if machine, err = available(); err != nil {
		return 0, 0, err
	}
	return ours - oursBefore, free - machine, nil
}

// available is what the machine could still give, in bytes (proc_meminfo(5)).
func available() (int64, error) {
	b, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(b)) {
		var kib int64
		if n, _ := fmt.Sscanf(line, "MemAvailable: %d kB", &kib); n == 1 {
			return kib << 10, nil
		}
	}
	return 0, fmt.Errorf("no MemAvailable in /proc/meminfo")
}

// raiseFiles lets this process and those that it starts have as many files as
// they need, as far as it may, and returns for how many connections that is
// enough: a supervisor gives them three quarters (package netstack/carry), pipes
// included.
func raiseFiles() (connections int, err error) {
	const enough = (2*many + pipeFiles) / 3 * 4
	var l unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &l); err != nil {
		return 0, err
	}
	if l.Max < enough {
		more := unix.Rlimit{Cur: enough, Max: enough}
		if unix.Setrlimit(unix.RLIMIT_NOFILE, &more) == nil {
			return many, nil
		}
	}
	return min(many, (int(min(l.Max, enough))/4*3-pipeFiles)/2), nil
}

// pipeFiles are the descriptors of the pipes, and some for what else goes on.
const pipeFiles = 1200
