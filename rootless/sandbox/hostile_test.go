package sandbox

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/mocker-compose/mocker-compose/internal/exchange"
	"github.com/mocker-compose/mocker-compose/internal/hostiletest"
	"github.com/mocker-compose/mocker-compose/internal/safepath"
)

// hostile is a container in a hostile root.
type hostile struct {
	*hostiletest.Tree
	c     *hostiletest.Case
	file  string
	upper string
}

func plant(t *testing.T, c *hostiletest.Case) *hostile {
	t.Helper()
	h := &hostile{Tree: hostiletest.Make(t, c), c: c, file: filepath.Join(t.TempDir(), "file")}
	busybox, err := os.ReadFile("/bin/busybox")
	if err != nil {
		t.Skip("needs a static /bin/busybox (package busybox-static)")
	}
	if err := os.MkdirAll(filepath.Join(h.Root, "bin"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(h.Root, "bin/busybox"), busybox, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(h.file, []byte("mine\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	return h
}

// root makes the detached root as package host does: an overlay below our own
// layer, or a tree of the container's own.
func (h *hostile) root(t *testing.T, overlay bool) (*os.File, error) {
	t.Helper()
	if !overlay {
		root, err := Bind(h.Root)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { root.Close() })
		return root, MakeBaseIn(root)
	}
	dir := t.TempDir()
	l := Layers{Lower: []string{filepath.Join(dir, "base"), h.Root}, Upper: filepath.Join(dir, "upper"), Work: filepath.Join(dir, "work")}
	h.upper = l.Upper
	if err := MakeBase(l.Lower[0]); err != nil {
		t.Fatal(err)
	}
	for _, d := range []string{l.Upper, l.Work} {
		if err := os.Mkdir(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	root, err := Overlay(l)
	if err != nil {
		t.Skipf("no overlay here: %v", err)
	}
	t.Cleanup(func() {
		root.Close()
		_ = os.Chmod(filepath.Join(l.Work, "work"), 0o700) // the kernel made it without any mode
	})
	return root, nil
}

func (h *hostile) spec() *specs.Spec {
	var script strings.Builder
	script.WriteString("exec 2>/dev/null;")
	for _, p := range h.c.Write {
		fmt.Fprintf(&script, "/bin/busybox timeout 2 /bin/busybox sh -c 'echo written from inside >> %s';", h.Canary.Below(p))
	}
	for _, p := range h.c.Look {
		fmt.Fprintf(&script, "/bin/busybox timeout 2 /bin/busybox head -c 4096 %s;", h.Canary.Below(p))
	}
	script.WriteString("echo looked")
	s := spec(shell(""))
	s.Process.Args = []string{"/bin/busybox", "sh", "-c", script.String()}
	if h.c.Entrypoint != "" {
		s.Process.Args = []string{h.c.Entrypoint}
	}
	if h.c.WorkingDir != "" {
		s.Process.Cwd = h.c.WorkingDir
	}
	for _, f := range []string{"hosts", "hostname", "resolv.conf"} {
		s.Mounts = append(s.Mounts, specs.Mount{Type: "bind", Source: h.file, Destination: "/etc/" + f, Options: []string{"bind"}})
	}
	for _, m := range h.c.Mounts {
		out := specs.Mount{Type: "bind", Source: h.file, Destination: m.Target, Options: []string{"rbind"}}
		switch m.Kind {
		case hostiletest.Bind, hostiletest.Volume:
			out.Source = h.Volume
		case hostiletest.Tmpfs:
			out.Type, out.Source, out.Options = "tmpfs", "", nil
		case hostiletest.File, hostiletest.Secret, hostiletest.Config:
		}
		s.Mounts = append(s.Mounts, out)
	}
	if h.c.Sysctl != "" {
		s.Linux.Sysctl = map[string]string{h.c.Sysctl: "4096"}
	}
	return s
}

// start starts the container and returns what it said, or why it was refused.
func (h *hostile) start(t *testing.T, overlay bool) (out, refused string) {
	t.Helper()
	root, err := h.root(t, overlay)
	if err != nil {
		return "", err.Error()
	}
	s := h.spec()
	if err := MakeMountPoints(root, s, nil, exchange.IDs{}); err != nil {
		return "", err.Error()
	}
	c := hostContainer(t, s)
	c.Root = root
	p := Setup(c)
	if img, err := p.Program.Image(StatusFile, false); err != nil {
		return "", err.Error()
	} else {
		img.Close()
	}
	out, failed, _ := run(t, p)
	return out, failed
}

// TestHostileRoots starts every hostile root: nothing outside may be read,
// written or mounted on, and a refusal names what is in the way.
func TestHostileRoots(t *testing.T) {
	for _, openat2 := range []bool{true, false} {
		for _, overlay := range []bool{true, false} {
			t.Run(fmt.Sprintf("openat2=%t/overlay=%t", openat2, overlay), func(t *testing.T) {
				safepath.ForceWalk(!openat2)
				t.Cleanup(func() { safepath.ForceWalk(false) })
				for _, c := range hostiletest.Cases() {
					t.Run(c.Name, func(t *testing.T) { survive(t, &c, overlay) })
				}
			})
		}
	}
}

func survive(t *testing.T, c *hostiletest.Case, overlay bool) {
	h := plant(t, c)
	before, err := h.Canary.Sum()
	if err != nil {
		t.Fatal(err)
	}
	mounts := countMounts(t)
	out, refused := h.start(t, overlay)
	after, err := h.Canary.Sum()
	if err != nil {
		t.Fatal(err)
	}
	if before != after {
		t.Errorf("something was written outside")
	}
	if strings.Contains(out, hostiletest.Token) {
		t.Errorf("something was read outside:\n%s", out)
	}
	if n := countMounts(t); n != mounts {
		t.Errorf("%d mounts before, %d after", mounts, n)
	}
	if refused != "" && !slices.ContainsFunc(c.Names, func(n string) bool { return strings.Contains(refused, n) }) {
		t.Errorf("refused without naming %q: %s", c.Names, refused)
	}
	if refused == "" && c.Entrypoint == "" && !strings.Contains(out, "looked") {
		t.Errorf("neither refused nor run: %q", out)
	}
	t.Logf("refused: %q", refused)
}

func countMounts(t *testing.T) int {
	t.Helper()
	b, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		t.Fatal(err)
	}
	return strings.Count(string(b), "\n")
}

// TestLeftOpen: whatever number a working directory guesses, no descriptor of
// the set-up leads out (CVE-2024-21626).
func TestLeftOpen(t *testing.T) {
	for fd := range 24 {
		for _, suffix := range []string{"", "/.."} {
			c := hostiletest.Case{Name: "fd", Plant: func(*hostiletest.Tree) {}, WorkingDir: fmt.Sprintf("/proc/self/fd/%d%s", fd, suffix), Look: []string{"@/secret"}}
			out, refused := plant(t, &c).start(t, true)
			if strings.Contains(out, hostiletest.Token) {
				t.Errorf("descriptor %d%s leads out", fd, suffix)
			}
			if refused == "" {
				t.Errorf("%s is a directory: %s", c.WorkingDir, out)
			}
		}
	}
}
