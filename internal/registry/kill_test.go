package registry

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/image"
	"github.com/mocker-compose/mocker-compose/internal/imagetest"
	"github.com/mocker-compose/mocker-compose/internal/registry/download"
	"github.com/mocker-compose/mocker-compose/internal/registrytest"
)

// TestDropped cuts connections at random bytes, MOCKER_TEST_KILLS times and more:
// each pull goes on where the last one was, and what comes of it is whole.
func TestDropped(t *testing.T) {
	if !isolated(t) {
		return
	}
	want, drops := number("MOCKER_TEST_KILLS", 20), 0
	for round := 0; drops < want; round++ {
		r := registrytest.New(t, registrytest.Options{})
		img := demo(fmt.Sprint("d", round), 4, 30)
		r.Push(t, "web:1", img, imagetest.Form{Compression: []string{"gzip", "zstd", "none"}[round%3]})
		var mu sync.Mutex
		r.Fault("GET", "/blobs/", func(r *registrytest.Registry, w http.ResponseWriter, req *http.Request, next http.Handler) {
			mu.Lock()
			cut := rand.IntN(5) > 0
			if cut {
				drops++
			}
			mu.Unlock()
			if cut {
				registrytest.Truncate(rand.IntN(120_000))(r, w, req, next)
				return
			}
			next.ServeHTTP(w, req)
		})
		l := newLab(t, func(o *Options) { o.Attempts = 2 })
		for {
			got, err := l.pull(t, r.Host+"/web:1", "")
			if err == nil {
				l.complete(t, got, img)
				break
			}
			if !strings.Contains(err.Error(), "closes the connection") {
				t.Fatal(err)
			}
			if list, err := l.store.List(); err != nil || len(list) != 0 {
				t.Fatalf("an image that is not whole is seen: %v %v", list, err)
			}
		}
		l.clean(t)
	}
	t.Logf("%d connections were cut", drops)
}

// TestKilled kills the process that pulls, or those that unpack, at random
// moments, MOCKER_TEST_KILLS times: what is seen is whole, the next pull works,
// and after it nothing is left.
func TestKilled(t *testing.T) {
	if !isolated(t) {
		return
	}
	r := registrytest.New(t, registrytest.Options{})
	r.Fault("GET", "/blobs/", registrytest.Slow(func(int) { time.Sleep(time.Millisecond) }))
	l := newLab(t)
	dir := filepath.Dir(l.store.Downloads())
	resumed, finished := 0, 0
	kills := number("MOCKER_TEST_KILLS", 20)
	img := demo("k0", 5, 60)
	r.Push(t, "web:1", img, imagetest.Form{})
	for i := range kills {
		cmd := exec.Command("/proc/self/exe", "__pull", dir, r.Host+"/web:1")
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		done := make(chan error, 1)
		go func() { done <- cmd.Wait() }()
		time.Sleep(time.Duration(rand.IntN(150)) * time.Millisecond)
		if i%2 == 0 {
			_ = cmd.Process.Kill()
			<-done
		} else {
			killChildren(cmd.Process.Pid)
			if err := <-done; err == nil {
				finished++
			}
		}
		if parts, _ := l.leftovers(t); len(parts) > 0 {
			resumed++
		}
		list, err := l.store.List()
		if err != nil {
			t.Fatal(err)
		}
		for _, got := range list {
			l.complete(t, got, img)
		}
		if len(list) > 0 { // a new one, that is not there yet
			img = demo(fmt.Sprint("k", i+1), 5, 60)
			r.Push(t, "web:1", img, imagetest.Form{})
			if _, err := l.store.Remove(t.Context(), list[0].ID, true); err != nil {
				t.Fatal(err)
			}
		}
	}
	l.complete(t, l.mustPull(t, r.Host+"/web:1", ""), img)
	if err := l.store.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	l.onlyParts(t)
	t.Logf("of %d that were killed %d left something to go on with; %d came to their end", kills, resumed, finished)
}

// onlyParts: what pulls that were given up have left are parts, for later.
func (l *lab) onlyParts(t *testing.T) {
	t.Helper()
	parts, other := l.leftovers(t)
	if len(other) > 0 {
		t.Errorf("left over: %q", other)
	}
	for _, name := range parts {
		if st, err := os.Stat(filepath.Join(l.store.Downloads(), name)); err != nil || st.Size() == 0 {
			t.Errorf("part %s: %v, nothing in it", name, err)
		}
	}
}

// killChildren kills the children of a process, not the process.
func killChildren(pid int) {
	tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	for _, path := range tasks {
		b, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		for _, child := range strings.Fields(string(b)) {
			if n, err := strconv.Atoi(child); err == nil {
				_ = unix.Kill(n, unix.SIGKILL)
			}
		}
	}
}

// TestTogether pulls images that share layers twenty at a time, while others
// prune: each is whole, and each layer came once at most as long as nobody pruned.
func TestTogether(t *testing.T) {
	if !isolated(t) {
		return
	}
	r := registrytest.New(t, registrytest.Options{})
	const names = 5
	var images []imagetest.Image
	base := demo("base", 3, 10)
	for n := range names {
		img := demo(fmt.Sprint("own", n), 1, 5)
		img.Layers = append(append([][]imagetest.File{}, base.Layers...), img.Layers...)
		images = append(images, img)
		r.Push(t, fmt.Sprintf("web:%d", n), img, imagetest.Form{})
	}
	l := newLab(t)
	var clients []*lab
	for range 20 {
		other := newLab(t)
		other.store = l.store
		clients = append(clients, other)
	}
	l.together(t, r, clients, images)
	seen := map[string]int{}
	for _, q := range r.Requests(t, "GET", "/blobs/") {
		seen[q.Path]++
	}
	for n, img := range images {
		for _, p := range img.Parts(t, imagetest.Form{}).Layers {
			if c := seen["/v2/web/blobs/"+p.Digest]; c != 1 {
				t.Errorf("image %d: layer %s came %d times", n, p.Digest, c)
			}
		}
	}
	ctx, stop := context.WithCancel(t.Context())
	var pruning sync.WaitGroup
	for range 2 {
		pruning.Go(func() {
			for ctx.Err() == nil {
				if list, err := l.store.List(); err == nil && len(list) > 0 {
					_, _ = l.store.Remove(ctx, list[rand.IntN(len(list))].ID, true)
				}
				if _, err := l.store.Prune(ctx, nil); err != nil && ctx.Err() == nil {
					t.Error(err)
				}
			}
		})
	}
	for range number("MOCKER_TEST_KILLS", 20) / 20 {
		l.together(t, r, clients, nil)
	}
	stop()
	pruning.Wait()
	l.together(t, r, clients, images)
	if err := l.store.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	l.clean(t)
}

// together pulls with all clients at once; images, if not nil, is what has to be
// in the store at the end.
func (l *lab) together(t *testing.T, r *registrytest.Registry, clients []*lab, images []imagetest.Image) {
	t.Helper()
	got := make([]image.Image, len(clients))
	var wg sync.WaitGroup
	for i, c := range clients {
		wg.Go(func() {
			var err error
			if got[i], err = c.client.Pull(t.Context(), fmt.Sprintf("%s/web:%d", r.Host, i%5), "", c.store, nil); err != nil {
				t.Errorf("pull %d: %v", i, err)
			}
		})
	}
	wg.Wait()
	for i := range clients {
		if images != nil && !t.Failed() {
			l.complete(t, got[i], images[i%5])
		}
	}
}

// TestKilledAtTheEnd: who was killed between publishing a layer and removing what came of
// it leaves that to the next pull of the layer; what another pull has is left alone.
func TestKilledAtTheEnd(t *testing.T) {
	if !isolated(t) {
		return
	}
	r := registrytest.New(t, registrytest.Options{})
	img := demo("e", 2, 5)
	p := r.Push(t, "web:1", img, imagetest.Form{})
	l := newLab(t)
	l.mustPull(t, r.Host+"/web:1", "")
	for _, blob := range p.Layers {
		if err := os.WriteFile(filepath.Join(l.store.Downloads(), strings.TrimPrefix(blob.Digest, "sha256:")+".part"), blob.Data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	busy, err := download.Take(t.Context(), l.store.Downloads(), strings.TrimPrefix(p.Layers[1].Digest, "sha256:"), func() {})
	if err != nil {
		t.Fatal(err)
	}
	l.mustPull(t, r.Host+"/web:1", "")
	if parts, _ := l.leftovers(t); len(parts) != 1 || !strings.Contains(p.Layers[1].Digest, strings.TrimSuffix(parts[0], ".part")) {
		t.Errorf("parts %q, wanted that of the second layer only", parts)
	}
	if err := busy.Close(); err != nil {
		t.Fatal(err)
	}
	l.mustPull(t, r.Host+"/web:1", "")
	l.clean(t)
}
