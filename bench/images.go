package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/internal/wire"
)

const (
	bigLayers = 10 // of 100 MiB
	replicas  = 50
)

// benchImages compares the start of a container from an image of a gigabyte with
// one from two megabytes, and looks at what fifty replicas of the former share.
func benchImages(ctx context.Context, b *bench) error {
	took := map[string][]time.Duration{}
	var starters []*starter
	for name, layers := range map[string]int{"small": 0, "big": bigLayers} {
		s, err := b.starter(ctx, name, layers)
		if err != nil {
			return err
		}
		defer s.q.Close()
		starters = append(starters, s)
	}
	for range b.runs * 5 {
		for _, s := range starters {
			t, err := s.p.startAll(ctx, s.q, 1)
			if err != nil {
				return err
			}
			took[s.name] = append(took[s.name], t)
			if _, err := s.p.run(ctx, "stop", "-t", "0", "s"); err != nil {
				return err
			}
		}
	}
	more := median(took["big"]) - median(took["small"])
	b.absolute(fmt.Sprintf("start from an image of 1 GB, more than from one of 2 MB (%s)", short(median(took["small"]))), float64(more)/1e6, 5, "ms")
	return b.share(ctx)
}

// starter is a project with a service that is started again and again.
type starter struct {
	name string
	p    *project
	q    *fifo
}

func (b *bench) starter(ctx context.Context, name string, layers int) (*starter, error) {
	file := filepath.Join(b.dir, name+".tar")
	if err := b.writeArchive(file, name+":1", layers); err != nil {
		return nil, err
	}
	image := "docker-archive:" + file
	p, err := b.project("image"+name, "  keep: { image: '"+image+"', command: /bin/sleep 1000 }\n  s: "+strings.Replace(fmt.Sprintf(hello, 1), "ROOT", "'"+image+"'", 1))
	if err != nil {
		return nil, err
	}
	if _, err := p.run(ctx, "up", "--no-start"); err != nil {
		return nil, err
	}
	if _, err := p.run(ctx, "start", "keep"); err != nil {
		return nil, err
	}
	q, err := openFIFO(p.dir)
	return &starter{name, p, q}, err
}

// share measures what replicas of the big image have of their own.
func (b *bench) share(ctx context.Context) error {
	p, err := b.project("replicas", fmt.Sprintf("  s: { image: 'big:1', command: /bin/sleep 1000, scale: %d }\n", replicas))
	if err != nil {
		return err
	}
	if _, err := p.run(ctx, "up", "-d"); err != nil {
		return err
	}
	disk, err := allocated(b.dirs.ProjectData(p.name))
	if err != nil {
		return err
	}
	b.absolute(fmt.Sprintf("%d replicas: disk of each beside the layers", replicas), float64(disk)/replicas/1024, 256, "KiB")
	rss, pss, err := p.mapped(ctx, "/bin/busybox")
	if err != nil {
		return err
	}
	b.absolute(fmt.Sprintf("%d replicas: pages of their program, seen %.1f MiB, in memory", replicas, float64(rss)/(1<<20)), float64(pss)/(1<<20), 3, "MiB")
	_, err = p.run(ctx, "down", "-t", "0")
	return err
}

// allocated is the disk space of a tree in bytes.
func allocated(dir string) (sum int64, err error) {
	err = filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrPermission) {
			return nil // the kernel's own directory of an overlay, which is empty
		}
		if err != nil {
			return err
		}
		info, err := d.Info()
		if st, ok := info.Sys().(*syscall.Stat_t); err == nil && ok {
			sum += st.Blocks * 512
		}
		return err
	})
	return sum, err
}

// mapped sums what the first processes of all containers have mapped of a file:
// as each sees it, and its share of what is in memory once (proc_pid_smaps(5)).
func (p *project) mapped(ctx context.Context, file string) (rss, pss int64, err error) {
	c, err := wire.Dial(ctx, p.dirs.APISocket(p.name))
	if err != nil {
		return 0, 0, err
	}
	defer c.Close()
	if err := c.Send(api.Request{Op: api.OpPS}); err != nil {
		return 0, 0, err
	}
	var a api.Answer
	if _, err := c.Receive(&a); err != nil {
		return 0, 0, err
	}
	for _, one := range a.PS {
		b, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps", one.PID))
		if err != nil {
			return 0, 0, err
		}
		within := false
		for line := range strings.Lines(string(b)) {
			f := strings.Fields(line)
			var kib int64
			switch {
			case len(f) > 0 && !strings.HasSuffix(f[0], ":"):
				within = f[len(f)-1] == file
			case !within:
			case strings.HasPrefix(line, "Rss:"):
				fmt.Sscan(f[1], &kib)
				rss += kib << 10
			case strings.HasPrefix(line, "Pss:"):
				fmt.Sscan(f[1], &kib)
				pss += kib << 10
			}
		}
	}
	if rss == 0 {
		return 0, 0, fmt.Errorf("no container of %s has %s mapped", p.name, file)
	}
	return rss, pss, nil
}
