package copying

import (
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/build"
)

// swapCount is how often something is exchanged behind a copy's back.
func swapCount() int {
	if n, err := strconv.Atoi(os.Getenv("MOCKER_TEST_SWAPS")); err == nil && n > 0 {
		return n
	}
	return 10_000
}

// swapper exchanges pairs of names until the copies have had enough of them.
type swapper struct {
	src   *os.File // of racedSource
	pairs [][2]string
	n     atomic.Int64
	stop  chan struct{}
	group sync.WaitGroup
}

func (s *swapper) start(t *testing.T) {
	s.stop = make(chan struct{})
	s.group.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-s.stop:
				return
			default:
			}
			p := s.pairs[i%len(s.pairs)]
			if err := unix.Renameat2(unix.AT_FDCWD, p[0], unix.AT_FDCWD, p[1], unix.RENAME_EXCHANGE); err == nil {
				s.n.Add(1)
			} else if err != unix.ENOENT { // a copy has just replaced it
				t.Errorf("exchange: %v", err)
				return
			}
		}
	})
}

func (s *swapper) end() { close(s.stop); s.group.Wait() }

const token = "TOKEN-OF-THE-HOST"

// outside is a tree that no copy may read or write.
func outside(t *testing.T) (dir string, check func()) {
	t.Helper()
	dir = plant(t, "secret="+token+", d/f="+token).Name()
	before := show(t, dir)
	return dir, func() {
		t.Helper()
		if after := show(t, dir); after != before {
			t.Errorf("outside something has changed: %s", after)
		}
	}
}

// noToken fails when the content of outside is below root.
func noToken(t *testing.T, root string) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		b, err := os.ReadFile(path)
		if strings.Contains(string(b), token) {
			t.Errorf("%s has what is outside", path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// TestRacedSource exchanges directories and files of the source with links that lead out.
func TestRacedSource(t *testing.T) {
	secret, check := outside(t)
	s := racedSource(t, secret)
	defer s.end()
	copies, changed, failed := 0, 0, 0
	for int(s.n.Load()) < swapCount() || copies < minCopies && !t.Failed() {
		root := plant(t)
		j, err := job(t, s.src, &build.Copy{Paths: []string{"d"}, Dest: "/out/"})
		if err != nil {
			failed++
			continue
		}
		res, err := Copy(t.Context(), j, Options{Root: root})
		copies, changed = copies+1, changed+min(len(res.Changed), 1)
		if err != nil {
			failed++
		}
		noToken(t, root.Name())
		os.RemoveAll(root.Name())
	}
	check()
	t.Logf("%d exchanges, %d copies, %d of them with something changed, %d failed", s.n.Load(), copies, changed, failed)
	if changed == 0 {
		t.Error("the race was never met")
	}
}

// minCopies is how many copies meet the exchanges at least.
const minCopies = 150

// racedSource is a tree whose entries are exchanged with links that lead out.
func racedSource(t *testing.T, secret string) *swapper {
	src := plant(t, "d/f=F, d/sub/g=G, x/")
	for link, to := range map[string]string{"x/d": secret + "/d", "x/f": secret + "/secret", "x/sub": secret + "/d", "x/up": "../../../../../.." + secret} {
		if err := os.Symlink(to, src.Name()+"/"+link); err != nil {
			t.Fatal(err)
		}
	}
	at := func(n string) string { return src.Name() + "/" + n }
	s := &swapper{src: src, pairs: [][2]string{{at("d"), at("x/d")}, {at("d"), at("x/d")}, {at("d/f"), at("x/f")}, {at("d/f"), at("x/f")}, {at("d/sub"), at("x/sub")}, {at("d/sub"), at("x/sub")}}}
	s.start(t)
	return s
}

// TestRaceIsReal: a copy that is not careful gets what is outside.
func TestRaceIsReal(t *testing.T) {
	secret, _ := outside(t)
	s := racedSource(t, secret)
	defer s.end()
	for range 200_000 {
		path := s.src.Name() + "/d/f"
		if st, err := os.Lstat(path); err != nil || !st.Mode().IsRegular() {
			continue
		}
		if b, _ := os.ReadFile(path); string(b) == token {
			return
		}
	}
	t.Error("nothing of outside was ever read: the exchanges are no test")
}

// TestRacedDestination exchanges directories of the root with links that would lead
// out, were they followed from the host's root.
func TestRacedDestination(t *testing.T) {
	secret, check := outside(t)
	src := plant(t, "t/a/one=1, t/a/b/two=2, t/f=F, t/secret=S, t/d/f=N")
	root := plant(t, "app/a/b/, app/d/, aside/, file=F")
	for link, to := range map[string]string{"aside/app": secret, "aside/a": secret + "/d", "aside/d": secret + "/d", "aside/file": secret + "/secret"} {
		if err := os.Symlink(to, root.Name()+"/"+link); err != nil {
			t.Fatal(err)
		}
	}
	at := func(n string) string { return root.Name() + "/" + n }
	s := &swapper{pairs: [][2]string{{at("app"), at("aside/app")}, {at("app"), at("aside/app")}, {at("app/a"), at("aside/a")}, {at("app/a"), at("aside/a")},
		{at("app/d"), at("aside/d")}, {at("file"), at("aside/file")}, {at("app/d"), at("aside/d")}}}
	s.start(t)
	defer s.end()
	copies, failed := 0, 0
	for int(s.n.Load()) < swapCount() || copies < minCopies {
		for _, c := range []*build.Copy{{Paths: []string{"t"}, Dest: "/app/"}, {Paths: []string{"t/f"}, Dest: "/file"}, {Paths: []string{"t/d/f"}, Dest: "/app/new/deep/x"}} {
			j, err := job(t, src, c)
			if err != nil {
				t.Fatal(err)
			}
			copies++
			if _, err := Copy(t.Context(), j, Options{Root: root}); err != nil {
				failed++
			}
		}
	}
	check()
	t.Logf("%d exchanges, %d copies, %d of them failed", s.n.Load(), copies, failed)
	if failed == copies {
		t.Error("no copy came through")
	}
}
