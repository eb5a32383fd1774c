package watch

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// What editors and other programs do to files, and what a container has then.
func TestChanges(t *testing.T) {
	for name, c := range map[string]struct {
		files []string
		do    func(*stage)
		want  []string
	}{
		"write":           {[]string{"a"}, func(s *stage) { s.write("a", "new") }, []string{"/app/a=new"}},
		"same content":    {[]string{"a"}, func(s *stage) { s.write("a", "old") }, []string{"/app/a=old"}},
		"mode":            {[]string{"a"}, func(s *stage) { s.must(os.Chmod(s.path("a"), 0o600)) }, []string{"/app/a=old"}},
		"new file":        {nil, func(s *stage) { s.write("a", "new") }, []string{"/app/a=new"}},
		"new directories": {nil, func(s *stage) { s.write("a/b/c/d", "new") }, []string{"/app/a/b/c/d=new"}},
		"rename": {[]string{"a"}, func(s *stage) { s.must(os.Rename(s.path("a"), s.path("b"))) },
			[]string{"/app/b=old"}},
		"saved by rename": {[]string{"a"}, func(s *stage) { // as most editors do
			s.write(".a.swp", "x")
			s.write("a~", "x")
			s.write("a.new", "new")
			s.must(os.Rename(s.path("a.new"), s.path("a")))
			s.must(os.Remove(s.path(".a.swp")))
		}, []string{"/app/a=new"}},
		"moved away and written": {[]string{"a"}, func(s *stage) { // as vim does with backupcopy=no
			s.must(os.Rename(s.path("a"), s.path("a~")))
			s.write("a", "new")
			s.must(os.Remove(s.path("a~")))
		}, []string{"/app/a=new"}},
		"directory renamed": {[]string{"a/b/c", "a/d"}, func(s *stage) {
			s.must(os.Rename(s.path("a"), s.path("z")))
			s.write("z/b/c", "new")
		}, []string{"/app/z/b/c=new", "/app/z/d=old"}},
		"moved in": {[]string{"a"}, func(s *stage) {
			outside := s.TempDir()
			s.must(os.MkdirAll(outside+"/staged/x", 0o755))
			s.must(os.WriteFile(outside+"/staged/x/f", []byte("new"), 0o644))
			s.must(os.Rename(outside+"/staged", s.path("in")))
		}, []string{"/app/in/x/f=new"}},
		"directory becomes file": {[]string{"a/b"}, func(s *stage) {
			s.must(os.RemoveAll(s.path("a")))
			s.write("a", "new")
		}, []string{"/app/a=new"}},
		"file becomes directory": {[]string{"a"}, func(s *stage) {
			s.must(os.Remove(s.path("a")))
			s.write("a/b", "new")
		}, []string{"/app/a/b=new"}},
		"git": {[]string{"a", ".git/HEAD"}, func(s *stage) {
			s.write(".git/HEAD", "new")
			s.write("a", "new")
		}, []string{"/app/a=new"}},
	} {
		t.Run(strings.ReplaceAll(name, " ", "_"), func(t *testing.T) {
			t.Parallel()
			s := watching(t, newFake("web-1"), c.files, rule("web", ".", "sync", "/app"))
			s.run()
			c.do(s)
			s.has("web-1", c.want...)
		})
	}
}

// Two directories that exchange their names, and are written to afterwards.
func TestExchange(t *testing.T) {
	s := watching(t, newFake("web-1"), []string{"a/sub/f", "b/sub/f"}, rule("web", ".", "sync", "/app"))
	s.run()
	s.write("a/sub/f", "a")
	s.write("b/sub/f", "b")
	s.has("web-1", "/app/a/sub/f=a", "/app/b/sub/f=b")
	for n := range 5 {
		s.must(unix.Renameat2(unix.AT_FDCWD, s.path("a"), unix.AT_FDCWD, s.path("b"), unix.RENAME_EXCHANGE))
		one, two := fmt.Sprint("one", n), fmt.Sprint("two", n)
		s.eventually("the exchange is seen", func() bool {
			s.f.mu.Lock()
			defer s.f.mu.Unlock()
			is, _ := os.ReadFile(s.path("a/sub/f"))
			return s.f.files["web-1"]["/app/a/sub/f"] == string(is)
		})
		s.write("a/sub/f", one)
		s.write("b/sub/f", two)
		s.has("web-1", "/app/a/sub/f="+one, "/app/b/sub/f="+two)
	}
}

// A deletion reaches all containers, of what was there and of nothing else.
func TestDelete(t *testing.T) {
	r := rule("web", ".", "sync", "/app")
	r.Ignore = []string{"*.log"}
	s := watching(t, newFake("web-1", "web-2"), []string{"a/b/c", "a/x.log", "keep"}, r)
	s.run()
	s.must(os.RemoveAll(s.path("a")))
	s.eventually("deleted", func() bool {
		log := strings.Join(s.f.said(), "\n")
		return strings.Contains(log, "sync web-1 a a/b a/b/c") && strings.Contains(log, "sync web-2 a a/b a/b/c")
	})
}

// The watched path itself goes and comes back, also one that was never there.
func TestPathComesBack(t *testing.T) {
	s := watching(t, newFake("web-1"), []string{"src/a"}, rule("web", "src", "sync", "/app"), rule("web", "not/yet/here", "sync", "/later"))
	if !strings.Contains(s.heard(), "not/yet/here does not exist yet") {
		t.Errorf("said %q", s.heard())
	}
	s.run()
	for n := range 3 {
		s.must(os.RemoveAll(s.path("src")))
		s.eventually("the deletion is seen", func() bool { return strings.Count(s.heard(), "Syncing") > 2*n })
		s.write("src/deep/b", "new")
		s.has("web-1", "/app/deep/b=new")
		s.write("src/deep/b", "newer")
		s.has("web-1", "/app/deep/b=newer")
	}
	s.write("not/yet/here/c", "new")
	s.has("web-1", "/app/deep/b=newer", "/later/c=new")
}

// A single file is followed though each save makes it a new one.
func TestSingleFile(t *testing.T) {
	s := watching(t, newFake("web-1"), []string{"conf", "other"}, rule("web", "conf", "sync", "/etc/conf"))
	s.run()
	for _, text := range []string{"one", "two", "three"} {
		s.write("other", text)
		s.write("conf.tmp", text)
		s.must(os.Rename(s.path("conf.tmp"), s.path("conf")))
		s.has("web-1", "/etc/conf="+text)
	}
	s.must(os.Remove(s.path("conf")))
	s.has("web-1")
}

// A link is a link, and what is behind it is not ours; a link to nothing is one too.
func TestLinks(t *testing.T) {
	s := watching(t, newFake("web-1"), []string{"src/", "outside/f"}, rule("web", "src", "sync", "/app"))
	s.must(os.Symlink("../outside", s.path("src/link")))
	s.run()
	s.must(os.Symlink("nowhere", s.path("src/dangling")))
	s.eventually("the link is copied", func() bool { return strings.Contains(strings.Join(s.f.said(), "\n"), "sync web-1 dangling") })
	s.write("outside/f", "new")
	s.write("src/f", "new")
	s.eventually("the file is copied", func() bool { return strings.Contains(strings.Join(s.f.said(), "\n"), "sync web-1 f") })
	if log := strings.Join(s.f.said(), "\n"); strings.Contains(log, "link/") {
		t.Errorf("a link was followed: %s", log)
	}
}

// Two services, and two rules of one, on the same path: each gets its own.
func TestTwoOnOnePath(t *testing.T) {
	one := rule("web", "src", "sync", "/app")
	one.Ignore = []string{"sub"}
	s := watching(t, newFake("web-1", "api-1"), []string{"src/sub/f", "src/g"},
		one, rule("api", "src", "sync+restart", "/srv"), rule("api", "src/g", "sync+exec", "/g"))
	s.run()
	s.write("src/sub/f", "new")
	s.write("src/g", "new")
	s.has("web-1", "/app/g=new")
	s.has("api-1", "/g=new", "/srv/g=new", "/srv/sub/f=new")
	s.eventually("restarted and executed", func() bool {
		log := strings.Join(s.f.said(), "\n")
		return strings.Contains(log, "restart api") && strings.Contains(log, "exec api-1 reload")
	})
	// A directory that one rule does not want goes, and comes back for the other.
	s.must(os.RemoveAll(s.path("src/sub")))
	s.has("api-1", "/g=new", "/srv/g=new")
	s.write("src/sub/h", "new")
	s.has("api-1", "/g=new", "/srv/g=new", "/srv/sub/h=new")
	s.write("src/sub/h", "newer")
	s.has("api-1", "/g=new", "/srv/g=new", "/srv/sub/h=newer")
}

// Ten thousand files at once, as a checkout writes them, are one lot of work.
func TestCheckout(t *testing.T) {
	s := watching(t, newFake("web-1"), []string{"src/"}, rule("web", "src", "rebuild", ""))
	s.run()
	n := 10000
	if testing.Short() {
		n = 2000
	}
	for i := range n {
		s.write(fmt.Sprintf("src/%d/%d", i%100, i), "x")
	}
	s.eventually("built", func() bool { return len(s.f.said()) >= 2 })
	s.write("src/last", "x") // whatever is still to come comes before this one
	s.eventually("built again", func() bool { return len(s.f.said()) >= 4 })
	if builds := strings.Count(strings.Join(s.f.said(), "\n"), "build web"); builds > 3 {
		t.Errorf("%d builds for one checkout and one more file", builds)
	}
}

// What changes while it is copied is copied once more.
func TestChangeMeanwhile(t *testing.T) {
	f := newFake("web-1")
	f.hold = make(chan struct{})
	s := watching(t, f, []string{"a"}, rule("web", ".", "sync", "/app"))
	s.run()
	s.write("a", "one")
	s.eventually("the copy has begun", func() bool { return strings.Contains(s.heard(), "Syncing") })
	s.write("a", "two")
	f.hold <- struct{}{}
	close(f.hold)
	s.has("web-1", "/app/a=two")
}

// A container that is new gets all that has changed, and with initial_sync everything.
func TestNewContainer(t *testing.T) {
	whole := rule("web", "src", "sync", "/app")
	whole.InitialSync = true
	arrivals := make(chan string)
	s := watching(t, newFake("web-1"), []string{"src/a", "src/b", "conf/c", "conf/d"}, whole, rule("web", "conf", "sync", "/conf"))
	s.w.o.Arrivals = arrivals
	s.run()
	s.has("web-1", "/app/a=old", "/app/b=old")
	s.write("conf/c", "new")
	s.has("web-1", "/app/a=old", "/app/b=old", "/conf/c=new")
	s.f.mu.Lock()
	s.f.containers["web"] = append(s.f.containers["web"], Container{ID: "web-2", Name: "web-2", Running: true})
	s.f.mu.Unlock()
	arrivals <- "web"
	s.has("web-2", "/app/a=old", "/app/b=old", "/conf/c=new")
}

// A copy that fails is tried again; a container that it goes on failing for gets
// everything with the next change.
func TestFailingCopy(t *testing.T) {
	f := newFake("web-1", "web-2")
	broken := true
	f.fail = func(what string) error {
		f.mu.Lock()
		defer f.mu.Unlock()
		if broken && strings.HasPrefix(what, "sync web-2") {
			return errors.New("no space left on device")
		}
		return nil
	}
	s := watching(t, f, []string{"a", "b"}, rule("web", ".", "sync", "/app"))
	s.run()
	s.write("a", "new")
	s.has("web-1", "/app/a=new")
	s.eventually("the failure is said", func() bool {
		return strings.Contains(s.heard(), `Syncing service "web" failed: container web-2: no space left on device`)
	})
	f.mu.Lock()
	broken = false
	f.mu.Unlock()
	s.write("b", "new")
	s.has("web-2", "/app/a=new", "/app/b=new")
}

// A failed build leaves the containers, and the next change builds again.
func TestFailingBuild(t *testing.T) {
	f := newFake("web-1")
	f.fail = func(what string) error {
		if n := strings.Count(strings.Join(f.said(), "\n"), "build"); strings.HasPrefix(what, "build") && n == 1 {
			return errors.New("syntax error")
		}
		return nil
	}
	s := watching(t, f, []string{"a"}, rule("web", ".", "rebuild", ""))
	s.run()
	s.write("a", "wrong")
	s.eventually("the failure is said", func() bool { return strings.Contains(s.heard(), "Build failed") })
	if strings.Contains(strings.Join(f.said(), "\n"), "replace") {
		t.Error("replaced by an image that was not built")
	}
	s.write("a", "right")
	s.eventually("replaced", func() bool { return strings.Contains(strings.Join(f.said(), "\n"), "replace web") })
}

// A service that the user has stopped is not started; its files are up to date.
func TestStoppedService(t *testing.T) {
	f := newFake("web-1")
	f.containers["web"][0].Running, f.containers["web"][0].Stopped = false, true
	s := watching(t, f, []string{"a"}, rule("web", ".", "sync+restart", "/app"))
	s.run()
	s.write("a", "new")
	s.has("web-1", "/app/a=new")
	s.eventually("it is said", func() bool { return strings.Contains(s.heard(), `service "web" does not run, and is not started`) })
	if strings.Contains(strings.Join(f.said(), "\n"), "restart") {
		t.Error("started")
	}
}
