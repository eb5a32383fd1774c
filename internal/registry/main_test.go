package registry

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/confine"
	"github.com/mocker-compose/mocker-compose/internal/image"
	"github.com/mocker-compose/mocker-compose/internal/image/ingest"
	"github.com/mocker-compose/mocker-compose/internal/imagetest"
	"github.com/mocker-compose/mocker-compose/internal/testns"
)

// TestMain lets the test's own binary be the process that unpacks, and one that pulls.
func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == "__role" && os.Args[2] == image.Role {
		os.Exit(unpackAlone(os.Args[3:]))
	}
	if len(os.Args) == 4 && os.Args[1] == "__pull" {
		os.Exit(pullAlone(os.Args[2], os.Args[3]))
	}
	os.Exit(m.Run())
}

// unpackAlone is the role; it says in the file PEAKS how much memory it took.
func unpackAlone(args []string) int {
	status, err := os.Open("/proc/self/status") // there is none, once confined
	if err != nil {
		return 3
	}
	peaks, _ := os.OpenFile(os.Getenv("PEAKS"), os.O_WRONLY|os.O_APPEND, 0)
	code := ingest.Run(args)
	if b, err := io.ReadAll(status); err == nil && peaks != nil {
		_, _ = peaks.Write(b)
	}
	return code
}

// isolated runs the rest of the test as root of a user namespace.
func isolated(t *testing.T) bool { return testns.Isolated(t, testns.Mount) }

// lab is a store and a client, with a home directory of their own.
type lab struct {
	store  *image.Store
	client *Client
	home   string
	vars   map[string]string

	mu      sync.Mutex
	notices []string
	lines   []Progress
}

func newLab(t *testing.T, change ...func(*Options)) *lab {
	t.Helper()
	l := &lab{home: t.TempDir(), vars: map[string]string{}}
	var err error
	if l.store, err = image.Open(filepath.Join(t.TempDir(), "images")); err != nil {
		t.Fatal(err)
	}
	l.store.Start = startChild
	l.renew(t, change...)
	return l
}

// renew makes a client anew: files and variables have changed.
func (l *lab) renew(t *testing.T, change ...func(*Options)) {
	t.Helper()
	o := Options{Backoff: time.Millisecond, Getenv: func(name string) string {
		if v, ok := l.vars[name]; ok {
			return v
		}
		return map[string]string{"HOME": l.home, "CONTAINERS_REGISTRIES_CONF": os.DevNull}[name]
	}, Notice: func(s string) {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.notices = append(l.notices, s)
	}}
	for _, f := range change {
		f(&o)
	}
	var err error
	if l.client, err = New(o); err != nil {
		t.Fatal(err)
	}
}

// pullAlone pulls in a process of its own, which can be killed.
func pullAlone(dir, ref string) int {
	s, err := image.Open(dir)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	s.Start = startChild
	c, err := New(Options{Backoff: time.Millisecond, Getenv: func(name string) string {
		return map[string]string{"CONTAINERS_REGISTRIES_CONF": os.DevNull}[name]
	}})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	if _, err := c.Pull(context.Background(), ref, "", s, nil); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// number reads a test's size from the environment.
func number(name string, otherwise int) int {
	if n, err := strconv.Atoi(os.Getenv(name)); err == nil {
		return n
	}
	return otherwise
}

func startChild(ctx context.Context, args []string, stdio [3]*os.File, isolated bool) (int, error) {
	cmd := exec.CommandContext(ctx, "/proc/self/exe", append([]string{"__role"}, args...)...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = stdio[0], stdio[1], stdio[2]
	if isolated {
		cmd.SysProcAttr = confine.Attributes()
	}
	err := cmd.Run()
	if cmd.ProcessState == nil {
		return 0, err
	}
	return cmd.ProcessState.ExitCode(), nil
}

func (l *lab) pull(t *testing.T, ref, platform string) (image.Image, error) {
	t.Helper()
	return l.client.Pull(t.Context(), ref, platform, l.store, func(p Progress) {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.lines = append(l.lines, p)
	})
}

func (l *lab) mustPull(t *testing.T, ref, platform string) image.Image {
	t.Helper()
	img, err := l.pull(t, ref, platform)
	if err != nil {
		t.Fatalf("pull %s: %v", ref, err)
	}
	return img
}

// fails pulls what cannot be pulled: the error has all words, and nothing is in
// the store.
func (l *lab) fails(t *testing.T, ref, platform string, words ...string) {
	t.Helper()
	_, err := l.pull(t, ref, platform)
	if err == nil {
		t.Fatalf("pull %s %s: no error, wanted %q", ref, platform, words)
	}
	if strings.Contains(err.Error(), "unauthorized: unauthorized") {
		t.Errorf("pull %s: %v: it says one thing twice", ref, err)
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("pull %s: %v: without %q", ref, err, w)
		}
	}
	if list, err := l.store.List(); err != nil || len(list) != 0 {
		t.Errorf("after a pull that failed there are images: %v %v", list, err)
	}
}

// said reports a progress line.
func (l *lab) said(status string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, p := range l.lines {
		if strings.HasPrefix(p.Status, status) {
			return true
		}
	}
	return false
}

// complete compares the layers in the store with what they were made of.
func (l *lab) complete(t *testing.T, img image.Image, want imagetest.Image) {
	t.Helper()
	if err := l.compare(img, want); err != nil {
		t.Error(err)
	}
}

func (l *lab) compare(img image.Image, want imagetest.Image) error {
	if len(img.Layers) != len(want.Layers) {
		return fmt.Errorf("it has %d layers, wanted %d", len(img.Layers), len(want.Layers))
	}
	for n, key := range img.Layers {
		for _, f := range want.Layers[n] {
			if strings.HasSuffix(f.Name, "/") {
				continue
			}
			b, err := os.ReadFile(filepath.Join(l.store.Downloads(), "../layers", key, "fs", f.Name))
			if err != nil || string(b) != f.Text {
				return fmt.Errorf("layer %d, %s: %d bytes, %w", n, f.Name, len(b), err)
			}
		}
	}
	return nil
}

// leftovers are what a store should not have when nothing runs: parts, and
// layers with a temporary name.
func (l *lab) leftovers(t *testing.T) (parts, other []string) {
	t.Helper()
	for _, dir := range []string{"downloads", "layers", "sessions"} {
		entries, err := os.ReadDir(filepath.Join(l.store.Downloads(), "..", dir))
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			switch {
			case strings.HasSuffix(e.Name(), ".part"):
				parts = append(parts, e.Name())
			case dir != "layers" || strings.HasPrefix(e.Name(), "tmp-"):
				other = append(other, dir+"/"+e.Name())
			}
		}
	}
	return parts, other
}

func (l *lab) clean(t *testing.T) {
	t.Helper()
	if parts, other := l.leftovers(t); len(parts)+len(other) > 0 {
		t.Errorf("left over: %q %q", parts, other)
	}
}

// demo is an image of some layers; seed makes its contents its own.
func demo(seed string, layers, files int) imagetest.Image {
	img := imagetest.Image{Config: imagetest.Config{Cmd: []string{"/bin/" + seed}}}
	for n := range layers {
		list := []imagetest.File{{Name: fmt.Sprintf("l%d/", n)}}
		for f := range files {
			list = append(list, imagetest.File{Name: fmt.Sprintf("l%d/f%d", n, f), Text: noise(fmt.Sprint(seed, n, f))})
		}
		img.Layers = append(img.Layers, list)
	}
	return img
}

// noise is 10,000 letters that hardly compress.
func noise(seed string) string {
	var b strings.Builder
	x := uint64(14695981039346656037)
	for _, c := range []byte(seed) {
		x = (x ^ uint64(c)) * 1099511628211
	}
	for range 10_000 {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
		b.WriteByte(byte(' ' + x%95))
	}
	return b.String()
}
