package sandbox

import (
	"fmt"
	"strings"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/mocker-compose/mocker-compose/internal/hostiletest"
	"github.com/mocker-compose/mocker-compose/internal/safepath"
)

// TestRaces starts containers with mounts below a shared volume while a sibling
// exchanges directories of it for links to outside (CVE-2021-30465). Nothing may
// be mounted, written or read outside; a start that is stopped by it names the
// path. The control is TestNaiveLosesTheRace of internal/hostiletest.
func TestRaces(t *testing.T) {
	for _, openat2 := range []bool{true, false} {
		t.Run(fmt.Sprintf("openat2=%t", openat2), func(t *testing.T) {
			safepath.ForceWalk(!openat2)
			t.Cleanup(func() { safepath.ForceWalk(false) })
			race(t, int64(count(t, "MOCKER_TEST_SWAPS", 5000)))
		})
	}
}

func race(t *testing.T, swaps int64) {
	c := hostiletest.Case{Name: "race", Plant: func(*hostiletest.Tree) {}}
	h := plant(t, &c)
	before, err := h.Canary.Sum()
	if err != nil {
		t.Fatal(err)
	}
	// What the sibling leads to has the same names, so that whoever follows finds something.
	sibling, err := hostiletest.Swap(h.Volume, "sub", h.Out("dir"))
	if err != nil {
		t.Fatal(err)
	}
	defer sibling.Stop()
	mounts := countMounts(t)
	started, refused := 0, map[string]int{}
	for i := 0; sibling.Swaps.Load() < swaps || i < 30; i++ {
		out, failed := h.startRaced(t, i%2 == 0, i%3 == 0)
		if failed == "" {
			started++
		} else {
			refused[failed]++
		}
		if strings.Contains(out, hostiletest.Token) {
			t.Fatalf("something was read outside:\n%s", out)
		}
		if failed != "" && !strings.Contains(failed, "sub") {
			t.Errorf("refused without naming the path: %s", failed)
		}
	}
	if after, err := h.Canary.Sum(); err != nil || after != before {
		t.Errorf("something was written outside: %v", err)
	}
	if n := countMounts(t); n != mounts {
		t.Errorf("%d mounts before, %d after", mounts, n)
	}
	t.Logf("%d swaps, %d started, refused: %v", sibling.Swaps.Load(), started, refused)
}

// startRaced starts a container with a volume, mounts below the part of it that
// is being exchanged, and with subpath a mount of that part itself.
func (h *hostile) startRaced(t *testing.T, overlay, subpath bool) (out, failed string) {
	t.Helper()
	s := h.spec()
	s.Mounts = []specs.Mount{
		{Type: "bind", Source: h.Volume, Destination: "/data", Options: []string{"rbind"}},
		{Type: "tmpfs", Destination: "/data/sub/part"},
		{Type: "bind", Source: h.file, Destination: "/data/sub/made/file", Options: []string{"bind"}},
	}
	if subpath {
		s.Mounts = append(s.Mounts, specs.Mount{Type: "bind", Source: h.Volume, Destination: "/part", Options: []string{"rbind"}})
	}
	s.Process.Args = []string{"/bin/busybox", "sh", "-c", "exec 2>/dev/null; /bin/busybox cat /part/secret /part/sub/secret /data/sub/secret; echo x >/part/written; echo x >/data/sub/part/written; echo looked"}
	root, err := h.root(t, overlay)
	if err != nil {
		return "", err.Error()
	}
	defer root.Close()
	c := hostContainer(t, s)
	c.Root = root
	c.Sources = map[string]Source{"/part": {Subpath: "sub"}}
	if err := MakeMountPoints(root, s, c.Sources, c.Exchange); err != nil {
		return "", err.Error()
	}
	p := Setup(c)
	img, err := p.Program.Image(StatusFile, false)
	if err != nil {
		return "", err.Error()
	}
	img.Close()
	out, failed, _ = run(t, p)
	return out, failed
}
