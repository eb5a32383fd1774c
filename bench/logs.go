package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

const talker = "  %s: { image: ROOT, command: [/bin/sh, -c, 'printf x >/bench/fifo; bench write %s %d; printf x >/bench/fifo; exec sleep 1000'], volumes: ['./:/bench'], logging: { driver: json-file, options: { max-size: 512m, max-file: '3' } } }\n"

// benchLogsIn compares the way of a service's output into its log with
// `cat pipe > file`, by the time that the writer takes.
func benchLogsIn(ctx context.Context, b *bench) error {
	for _, c := range []struct {
		name, kind string
		bytes      int64
		least      float64
	}{
		{"logs in, 64 KiB writes", "blocks", 512 << 20, 0.9},
		{"logs in, one write per 100-byte line", "lines", 100 << 20, 0.45},
	} {
		p, err := b.project("in"+c.kind, fmt.Sprintf(talker, "s", c.kind, c.bytes))
		if err != nil {
			return err
		}
		q, err := openFIFO(p.dir)
		if err != nil {
			return err
		}
		var ours, other []time.Duration
		for range max(3, b.runs/2) {
			took, err := p.talk(ctx, q, c.bytes)
			if err != nil {
				q.Close()
				return err
			}
			ours = append(ours, took)
			if took, err = p.catPipe(ctx, q, c.kind, c.bytes); err != nil {
				q.Close()
				return err
			}
			other = append(other, took)
		}
		q.Close()
		b.speed(c.name, c.bytes, ours, other, c.least)
	}
	return nil
}

// talk lets the service write, from its first byte in the fifo to its second.
func (p *project) talk(ctx context.Context, q *fifo, bytes int64) (time.Duration, error) {
	if _, err := p.run(ctx, "up", "-d"); err != nil {
		return 0, err
	}
	if err := q.wait(1); err != nil {
		return 0, err
	}
	begin := time.Now()
	if err := q.wait(1); err != nil {
		return 0, err
	}
	took := time.Since(begin)
	if _, err := p.run(ctx, "stop", "-t", "0"); err != nil {
		return 0, err
	}
	if err := p.logged(bytes); err != nil {
		return 0, err
	}
	_, err := p.run(ctx, "down", "-t", "0")
	return took, err
}

// logFiles is the pattern of the project's log files.
func (p *project) logFiles() string {
	return filepath.Join(p.dirs.ProjectData(p.name), "c", "*", "logs", "stdout-*.log")
}

// logged checks that the logs have all the bytes: what was not done is fast.
func (p *project) logged(bytes int64) error {
	files, err := filepath.Glob(p.logFiles())
	if err != nil {
		return err
	}
	var sum int64
	for _, f := range files {
		st, err := os.Stat(f)
		if err != nil {
			return err
		}
		sum += st.Size()
	}
	// The writer ends with a whole block, so it may have written a little more.
	if sum < bytes || sum > bytes+1<<20 {
		return fmt.Errorf("the logs have %d bytes, want %d", sum, bytes)
	}
	return nil
}

func (p *project) catPipe(ctx context.Context, q *fifo, kind string, bytes int64) (time.Duration, error) {
	script := fmt.Sprintf("{ printf x >fifo; %s write %s %d; printf x >fifo; } | cat >piped", filepath.Join(p.root(), "bin/bench"), kind, bytes)
	cmd := exec.CommandContext(ctx, "sh", "-c", script)
	cmd.Dir = p.dir
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	err := q.wait(1)
	begin := time.Now()
	if err == nil {
		err = q.wait(1)
	}
	took := time.Since(begin)
	err = errors.Join(err, cmd.Wait(), os.Remove(filepath.Join(p.dir, "piped")))
	return took, err
}

// benchLogsOut compares printing 500 MB of five services, merged and prefixed,
// with cat of their files.
func benchLogsOut(ctx context.Context, b *bench) error {
	const each, n = 100 << 20, 5
	text := ""
	for i := range n {
		text += fmt.Sprintf(talker, fmt.Sprintf("s%d", i), "blocks", each)
	}
	p, err := b.project("out", text)
	if err != nil {
		return err
	}
	q, err := openFIFO(p.dir)
	if err != nil {
		return err
	}
	defer q.Close()
	if _, err := p.run(ctx, "up", "-d"); err != nil {
		return err
	}
	if err := q.wait(2 * n); err != nil {
		return err
	}
	if _, err := p.run(ctx, "stop", "-t", "0"); err != nil {
		return err
	}
	if err := p.logged(each * n); err != nil {
		return err
	}
	var ours, other []time.Duration
	for range max(3, b.runs/2) {
		for script, to := range map[string]*[]time.Duration{
			p.compose + " -p " + p.name + " logs --no-color | cat >/dev/null": &ours,
			"cat " + p.logFiles() + " | cat >/dev/null":                       &other,
		} {
			cmd := exec.CommandContext(ctx, "sh", "-c", script)
			cmd.Dir, cmd.Env = p.dir, p.env
			took, err := timed(cmd)
			if err != nil {
				return err
			}
			*to = append(*to, took)
		}
	}
	b.speed("logs out, 500 MB of 5 services, merged and prefixed", each*n, ours, other, 0.3)
	return nil
}
