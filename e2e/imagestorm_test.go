package e2e

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/imagetest"
	"github.com/mocker-compose/mocker-compose/internal/registrytest"
)

// TestImageStorm: commands of all kinds on one store at the same time, then with
// processes of all kinds killed at random. In the calm they fail for nothing but what
// another has taken away; afterwards all of them succeed, each image is whole, and a
// prune leaves nothing.
func TestImageStorm(t *testing.T) {
	s := begin(t, "services:\n  keeps:\n    image: base:1\n    command: sleep 1000\n")
	s.withBase()
	r := registrytest.New(t, registrytest.Options{})
	for n := range 2 {
		r.Push(t, fmt.Sprintf("app%d:1", n), sleeper(t, fmt.Sprint("app", n)), imagetest.Form{})
		s.write(fmt.Sprintf("up%d/compose.yaml", n), fmt.Sprintf("services:\n  a:\n    image: %s/app%d:1\n    stop_grace_period: 0s\n", r.Host, n))
		s.write(fmt.Sprintf("build%d/compose.yaml", n), fmt.Sprintf("services:\n  a:\n    image: built:%d\n    command: sleep 1000\n    stop_grace_period: 0s\n    build:\n      dockerfile_inline: |\n        FROM base:1\n        RUN --mount=type=cache,target=/c echo shared > /shared; echo x >> /c/x\n        RUN echo %d > /own\n", n, n))
	}
	s.must("up", "-d") // its image stays
	storm := &imageStorm{scenario: s, host: r.Host}
	t.Cleanup(storm.down)
	ops := 40 + 4*kills()
	storm.run(ops, false)
	storm.whole()
	storm.run(ops, true)
	s.must("up", "-d")
	for _, args := range storm.commands(0) {
		s.must(args...)
	}
	storm.whole()
	storm.nothingLeft()
}

type imageStorm struct {
	*scenario
	host string
}

// commands are all kinds, in an order in which each succeeds by itself.
func (s *imageStorm) commands(n int) [][]string {
	app, up := fmt.Sprintf("%s/app%d:1", s.host, n), []string{"-p", fmt.Sprint(s.project, "-up", n), "-f", fmt.Sprintf("up%d/compose.yaml", n)}
	built := []string{"-p", fmt.Sprint(s.project, "-b", n), "-f", fmt.Sprintf("build%d/compose.yaml", n)}
	with := func(first []string, more ...string) []string { return append(append([]string{}, first...), more...) }
	return [][]string{
		{"image", "pull", "-q", app},
		with(up, "up", "-d", "--quiet-pull"),
		with(built, "build", "-q"),
		with(built, "up", "-d", "--quiet-build"),
		with(built, "commit", "a", fmt.Sprint("committed:", n)),
		{"image", "load", "-q", "-i", "base.tar"},
		{"image", "save", "-o", fmt.Sprintf("saved%d.tar", n), "base:1"},
		{"image", "tag", "base:1", fmt.Sprintf("%s/pushed:%d", s.host, n)},
		{"image", "push", "-q", fmt.Sprintf("%s/pushed:%d", s.host, n)},
		with(up, "down", "-t", "0"),
		with(built, "down", "-t", "0"),
		{"image", "ls"},
		{"system", "df"},
		{"image", "rm", app},
		{"builder", "prune", "-af"},
		{"image", "prune", "-f"},
		{"system", "prune", "-af"},
	}
}

// run carries out so many commands, a few at a time.
func (s *imageStorm) run(ops int, killing bool) {
	var group sync.WaitGroup
	const atOnce = 4
	for w := range atOnce {
		group.Go(func() {
			for range ops / atOnce {
				list := s.commands(w % 2)
				s.one(list[rand.IntN(len(list))], killing)
			}
		})
	}
	over := make(chan struct{})
	var killer sync.WaitGroup
	if killing {
		killer.Go(func() { s.kill(over) })
	}
	group.Wait()
	close(over)
	killer.Wait()
}

// excuses are what another command may have done to one.
var excuses = []string{"o such image", "an image does not exist locally", "cancelled: a later command stopped it", "no container", "is not in the store", "removed meanwhile", "is not running", "has ended", "in use", " uses it", "cannot remove it now", "o such service", "cannot start a paused container"}

func (s *imageStorm) one(args []string, killing bool) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*patience)
	defer cancel()
	cmd := s.command(ctx, args...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGQUIT) } // its stacks
	err := cmd.Run()
	if ctx.Err() != nil {
		s.t.Errorf("%s hangs:\n%s", strings.Join(args, " "), &out)
		return
	}
	if err == nil || killing {
		return
	}
	for _, text := range excuses {
		if strings.Contains(out.String(), text) {
			return
		}
	}
	said, _ := filepath.Glob(filepath.Join(s.dirs.Data, "p", "*", "supervisor.log"))
	for _, name := range said {
		if b, err := os.ReadFile(name); err == nil {
			fmt.Fprintf(&out, "%s:\n%s\n", name, b)
		}
	}
	s.t.Errorf("%s: %v\n%s", strings.Join(args, " "), err, &out)
}

// kill kills a process of ours now and then, whichever it is.
func (s *imageStorm) kill(over <-chan struct{}) {
	killed := 0
	for {
		select {
		case <-over:
			s.t.Logf("%d processes were killed", killed)
			return
		case <-time.After(time.Duration(rand.IntN(150)) * time.Millisecond):
		}
		if list := s.processes(); len(list) > 0 {
			if syscall.Kill(list[rand.IntN(len(list))], syscall.SIGKILL) == nil {
				killed++
			}
		}
	}
}

// processes are those of mocker-compose that belong to this scenario.
func (s *imageStorm) processes() (list []int) {
	entries, _ := os.ReadDir("/proc")
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		environ, err := os.ReadFile(filepath.Join("/proc", e.Name(), "environ"))
		if err != nil || !bytes.Contains(environ, []byte("MOCKER_E2E_COOKIE="+s.project+"\x00")) {
			continue
		}
		list = append(list, pid)
	}
	return list
}

// whole: each image that has a name starts, and is saved with its id.
func (s *imageStorm) whole() {
	s.t.Helper()
	for line := range strings.Lines(s.must("image", "ls", "--no-trunc", "--format", "{{.Repository}}:{{.Tag}} {{.ID}}")) {
		name, id, _ := strings.Cut(strings.TrimSpace(line), " ")
		if strings.Contains(name, "<none>") {
			name = id
		}
		s.write("whole/compose.yaml", "services:\n  a:\n    image: '"+name+"'\n    entrypoint: []\n")
		p := fmt.Sprint(s.project, "-whole")
		if out := s.must("-p", p, "-f", "whole/compose.yaml", "run", "--rm", "-T", "a", "sh", "-c", "find / -xdev -type f | xargs cat >/dev/null && echo whole"); out != "whole\n" {
			s.t.Errorf("%s: %q", name, out)
		}
		s.must("-p", p, "-f", "whole/compose.yaml", "down", "-t", "0")
		s.must("image", "save", "-o", "whole.tar", name)
		if b, err := os.ReadFile(filepath.Join(s.dir, "whole.tar")); err != nil || !bytes.Contains(b, []byte("blobs/sha256/"+strings.TrimPrefix(id, "sha256:"))) {
			s.t.Errorf("%s is saved without its id %s: %v", name, id, err)
		}
	}
}

func (s *imageStorm) down() {
	for _, name := range []string{"up0", "up1", "b0", "b1", "whole"} {
		if r := s.compose("-p", s.project+"-"+name, "down", "-t", "0"); r.code != 0 {
			s.t.Errorf("down of %s: exit %d\n%s", name, r.code, r.stderr)
		}
	}
}

// nothingLeft: when nobody has anything, a prune leaves nothing.
func (s *imageStorm) nothingLeft() {
	s.t.Helper()
	s.down()
	s.must("down", "-t", "0")
	s.must("system", "prune", "-af")
	for _, dir := range []string{"layers", "locks", "sessions", "cache", "mounts", "downloads", "configs", "manifests", "sources"} {
		left, err := os.ReadDir(filepath.Join(s.dirs.Images(), dir))
		if err != nil {
			s.t.Error(err)
		}
		for _, e := range left {
			if e.Name() != "collected" {
				s.t.Errorf("left: %s/%s", dir, e.Name())
			}
		}
	}
}
