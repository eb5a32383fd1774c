package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// statsTime is how long stats is looked at, each time.
const statsTime = 5 * time.Second

// benchStats measures what it costs to look at fifty services once a second: the
// processor time of the client and the supervisor together.
func benchStats(ctx context.Context, b *bench) error {
	p, err := b.project("stats", services(fifty, "/bin/sleep 1000"))
	if err != nil {
		return err
	}
	if _, err := p.run(ctx, "up", "-d"); err != nil {
		return err
	}
	supervisor, err := processes(p.compose, "supervisor", p.name)
	if err != nil {
		return err
	}
	cmd := p.command(ctx, "stats")
	if err := cmd.Start(); err != nil {
		return err
	}
	defer func() {
		_ = cmd.Process.Signal(syscall.SIGINT)
		_ = cmd.Wait()
	}()
	time.Sleep(2 * time.Second) // it starts, and the first look opens files
	least := 100.0
	for range max(2, b.runs/2) { // who else is on the machine only adds
		used, err := shareOf(append(supervisor, cmd.Process.Pid), statsTime)
		if err != nil {
			return err
		}
		least = min(least, used)
	}
	p.absolute(fmt.Sprintf("stats of %d services, client and supervisor", fifty), least, 5, "% of a processor")
	return nil
}

// shareOf is the part of a processor that processes use for a while, in percent.
func shareOf(pids []int, long time.Duration) (float64, error) {
	begin := time.Now()
	before, err := processorTime(pids)
	if err != nil {
		return 0, err
	}
	time.Sleep(long)
	after, err := processorTime(pids)
	return 100 * (after - before).Seconds() / time.Since(begin).Seconds(), err
}

// processorTime is the sum of what processes have used, in steps of 10 ms
// (proc_pid_stat(5)).
func processorTime(pids []int) (used time.Duration, err error) {
	const utime, stime, tick = 11, 12, 10 * time.Millisecond // counted from the state
	for _, pid := range pids {
		b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil {
			return 0, err
		}
		f := strings.Fields(string(b[strings.LastIndexByte(string(b), ')')+1:]))
		if len(f) <= stime {
			return 0, errors.New("unreadable stat of a process")
		}
		for _, v := range f[utime : stime+1] {
			n, err := strconv.Atoi(v)
			if err != nil {
				return 0, err
			}
			used += time.Duration(n) * tick
		}
	}
	return used, nil
}
