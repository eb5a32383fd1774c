package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

// Ten projects from ten directories at once, under one user holder: each gets
// its own services, and ends without touching the others.
func TestTenProjects(t *testing.T) {
	const n = 10
	s := begin(t, "services: {}\n")
	all := make([]*scenario, n)
	for i := range all {
		p := *s
		p.project = fmt.Sprintf("%s-%d", s.project, i)
		p.dir = filepath.Join(filepath.Dir(s.dir), fmt.Sprintf("project-%d", i))
		p.env = append(append([]string(nil), s.env...), "COMPOSE_PROJECT_NAME="+p.project)
		p.write("compose.yaml", "services:\n  db: { command: ./probe serve :80 }\n  web: { command: ./probe serve :80, ports: ['127.0.0.1::80'], depends_on: [db], hostname: web-"+itoa(i)+" }\n")
		if err := copyFile(filepath.Join(p.dir, "probe"), built.probe); err != nil {
			t.Fatal(err)
		}
		all[i] = &p
	}
	each := func(args ...string) {
		t.Helper()
		results := make([]result, n)
		var wg sync.WaitGroup
		for i, p := range all {
			wg.Go(func() { results[i] = p.plain(args...) })
		}
		wg.Wait()
		for i, r := range results {
			if r.code != 0 {
				t.Errorf("%v of project %d: exit %d: %s", args, i, r.code, r.stderr)
			}
		}
	}
	each("up", "-d")
	for i, p := range all {
		want := fmt.Sprintf("web-%d\n", i)
		p.eventually("web answers as "+want, func() bool { return get(p.port("web-1"), "/get?url=http://web/") == want })
	}
	all[0].must("down", "-t", "0")
	for i, p := range all[1:] {
		p.eventually(fmt.Sprintf("project %d goes on after the end of another", i+1), func() bool {
			return get(p.port("web-1"), "/get?url=http://db/") != ""
		})
	}
	all[0].must("up", "-d")
	each("restart", "-t", "0")
	each("down", "-t", "0")
	for _, p := range all {
		if _, err := os.Lstat(p.dirs.ProjectData(p.project)); err == nil {
			t.Errorf("%s is left", p.dirs.ProjectData(p.project))
		}
	}
}

// Commands on one project at the same time queue; the last state is one of them.
func TestCommandsAtOnce(t *testing.T) {
	s := begin(t, "services:\n  a: { command: ./probe pause, scale: 3 }\n")
	s.must("up", "-d")
	var wg sync.WaitGroup
	for i := range 12 {
		args := [][]string{{"up", "-d"}, {"restart", "-t", "0"}, {"stop", "-t", "0"}, {"ps"}}[i%4]
		wg.Go(func() { s.plain(args...) })
	}
	wg.Wait()
	s.must("up", "-d")
	all := s.ps()
	if len(all) != 3 {
		t.Errorf("%d containers, want 3", len(all))
	}
	for name, c := range all {
		if c.State != "running" {
			t.Errorf("%s is %s", name, c.State)
		}
	}
	if pids := processesOf(s.dir + "/probe"); len(pids) != 3 {
		t.Errorf("%d processes of the service, want 3", len(pids))
	}
}
