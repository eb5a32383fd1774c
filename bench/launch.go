package main

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/internal/wire"
)

const hello = "{ image: ROOT, command: [/bin/sh, -c, 'printf x >/bench/fifo; exec sleep 1000'], volumes: ['./:/bench'], scale: %d }\n"

// benchLaunch compares a start inside a running project with bubblewrap, from
// the request to the first byte that the program writes.
func benchLaunch(ctx context.Context, b *bench) error {
	bwrap, err := exec.LookPath("bwrap")
	if err != nil {
		return errors.New("bwrap is not installed: package bubblewrap")
	}
	for _, n := range []int{1, 50} {
		p, err := b.project(fmt.Sprintf("launch%d", n), "  keep: { image: ROOT, command: /bin/sleep 1000 }\n  s: "+fmt.Sprintf(hello, n))
		if err != nil {
			return err
		}
		if _, err := p.run(ctx, "up", "--no-start"); err != nil {
			return err
		}
		if _, err := p.run(ctx, "start", "keep"); err != nil {
			return err
		}
		q, err := openFIFO(p.dir)
		if err != nil {
			return err
		}
		ours, other, err := p.alternate(ctx, q, bwrap, n)
		q.Close()
		if err != nil {
			return err
		}
		most, what := 1.3, "launch, request to first byte, one"
		if n > 1 {
			most, what = 1, fmt.Sprintf("launch, request to first byte, %d at once", n)
		}
		b.ratio(what, ours, other, most)
		if _, err := p.run(ctx, "down", "-t", "0"); err != nil {
			return err
		}
	}
	return nil
}

// alternate measures ours and bubblewrap in turn.
func (p *project) alternate(ctx context.Context, q *fifo, bwrap string, n int) (ours, other []time.Duration, err error) {
	runs := p.runs
	if n == 1 {
		runs *= 5
	}
	for range runs {
		took, err := p.startAll(ctx, q, n)
		if err != nil {
			return nil, nil, err
		}
		ours = append(ours, took)
		if _, err := p.run(ctx, "stop", "-t", "0", "s"); err != nil {
			return nil, nil, err
		}
		if took, err = p.bwrapAll(ctx, q, bwrap, n); err != nil {
			return nil, nil, err
		}
		other = append(other, took)
	}
	return ours, other, nil
}

// startAll asks the supervisor, as the command line does, to start service s.
func (p *project) startAll(ctx context.Context, q *fifo, n int) (time.Duration, error) {
	c, err := wire.Dial(ctx, p.dirs.APISocket(p.name))
	if err != nil {
		return 0, err
	}
	defer c.Close()
	begin := time.Now()
	if err := c.Send(api.Request{Op: api.OpStart, Start: &api.StartRequest{Services: []string{"s"}}}); err != nil {
		return 0, err
	}
	if err := q.wait(n); err != nil {
		return 0, err
	}
	took := time.Since(begin)
	for {
		var a api.Answer
		if _, err := c.Receive(&a); err != nil {
			return 0, err
		}
		if a.Error != nil {
			return 0, errors.New(a.Error.Message)
		}
		if a.Done {
			return took, nil
		}
	}
}

func (p *project) bwrapAll(ctx context.Context, q *fifo, bwrap string, n int) (time.Duration, error) {
	cmds := make([]*exec.Cmd, n)
	for i := range cmds {
		cmds[i] = exec.CommandContext(ctx, bwrap, "--unshare-all", "--die-with-parent",
			"--ro-bind", p.root(), "/", "--bind", p.dir, "/bench", "--proc", "/proc", "--dev", "/dev",
			"/bin/sh", "-c", "printf x >/bench/fifo; exec sleep 1000")
	}
	begin := time.Now()
	started := make(chan error, n)
	for _, cmd := range cmds {
		go func() { started <- cmd.Start() }()
	}
	var err error
	for range cmds {
		err = errors.Join(err, <-started)
	}
	if err == nil {
		err = q.wait(n)
	}
	took := time.Since(begin)
	for _, cmd := range cmds {
		if cmd.Process != nil {
			_ = cmd.Process.Kill() // it is ours, and not yet waited for
			_ = cmd.Wait()
		}
	}
	if err != nil {
		return 0, fmt.Errorf("bwrap: %w", err)
	}
	return took, nil
}

// benchUpOne measures the whole command that starts one more service.
func benchUpOne(ctx context.Context, b *bench) error {
	bwrap, err := exec.LookPath("bwrap")
	if err != nil {
		return errors.New("bwrap is not installed: package bubblewrap")
	}
	p, err := b.project("upone", "  keep: { image: ROOT, command: /bin/sleep 1000 }\n  s: "+fmt.Sprintf(hello, 1))
	if err != nil {
		return err
	}
	q, err := openFIFO(p.dir)
	if err != nil {
		return err
	}
	defer q.Close()
	if _, err := p.run(ctx, "up", "-d", "keep"); err != nil {
		return err
	}
	var ours, other []time.Duration
	for range p.runs * 3 {
		took, err := p.run(ctx, "up", "-d", "s")
		if err != nil {
			return err
		}
		ours = append(ours, took)
		if err := q.wait(1); err != nil {
			return err
		}
		if _, err := p.run(ctx, "down", "-t", "0", "s"); err != nil {
			return err
		}
		if took, err = p.bwrapAll(ctx, q, bwrap, 1); err != nil {
			return err
		}
		other = append(other, took)
	}
	b.ratio("up -d of one service, warm project", ours, other, 8)
	return nil
}
