package ingest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/image"
	"github.com/mocker-compose/mocker-compose/internal/imagetest"
	"github.com/mocker-compose/mocker-compose/internal/testns"
)

// clientArg makes the test's binary a client: it pulls, builds, saves or prunes in a
// process of its own, whose children unpack.
const clientArg = "__client"

// client does one thing on the store in dir and returns the exit code.
func client(dir, what string) int {
	if err := clientDoes(dir, what); err != nil {
		fmt.Fprintln(os.Stderr, what+":", err)
		return 1
	}
	return 0
}

func clientDoes(dir, what string) error {
	s, err := image.Open(filepath.Join(dir, "images"))
	if err != nil {
		return err
	}
	s.Start = startChild(nil, nil)
	ctx := context.Background()
	op, n, _ := strings.Cut(what, " ")
	switch op {
	case "pull":
		return clientPull(ctx, s, n)
	case "build":
		return clientBuild(ctx, s, n)
	case "save":
		return clientSave(ctx, s, n)
	case "prune":
		return pruneOnce(ctx, s)
	case "prune-cache":
		return s.Run(ctx, s.Request(image.OpPruneCache, func(r *image.Request) { r.Cache = &image.CacheOptions{All: true} }), os.Stdin, func(*image.Message) {})
	}
	return errors.New("what is that")
}

// clientLayers are the tars of image n: the first two are those of all images.
func clientLayers(n string) (tars [][]byte) {
	t := &testing.T{}
	for l := range 4 {
		name := fmt.Sprint("shared", l)
		if l > 1 {
			name = fmt.Sprint("own", n, "-", l)
		}
		var files []imagetest.File
		for f := range 40 {
			files = append(files, imagetest.File{Name: fmt.Sprintf("%s/%d", name, f), Text: strings.Repeat(fmt.Sprint(name, f), 500)})
		}
		tars = append(tars, imagetest.Tar(t, files))
	}
	return tars
}

func clientConfig(tars [][]byte) []byte {
	var ids []string
	for _, tar := range tars {
		ids = append(ids, fmt.Sprintf("%q", digest(tar)))
	}
	return fmt.Appendf(nil, `{"architecture":"amd64","os":"linux","config":{},"rootfs":{"type":"layers","diff_ids":[%s]}}`, strings.Join(ids, ","))
}

// leased gets the layers into the session, all at the same time.
func leased(ctx context.Context, x *image.Session, tars [][]byte) ([]string, error) {
	keys, errs := make([]string, len(tars)), make([]error, len(tars))
	var wg sync.WaitGroup
	for i, tar := range tars {
		wg.Go(func() {
			l, ok, err := x.HasLayer(ctx, digest(tar))
			if err == nil && !ok {
				l, err = addLayer(ctx, x, image.Blob{DiffID: digest(tar)}, tar)
			}
			keys[i], errs[i] = l.Key, err
		})
	}
	wg.Wait()
	return keys, errors.Join(errs...)
}

func clientPull(ctx context.Context, s *image.Store, n string) error {
	tars := clientLayers(n)
	x, err := s.Begin(ctx)
	if err != nil {
		return err
	}
	defer x.Close()
	keys, err := leased(ctx, x, tars)
	if err != nil {
		return err
	}
	_, err = x.AddImage(ctx, image.NewImage{Config: clientConfig(tars), Manifest: []byte(n), Names: []string{"demo:" + n}, Layers: keys})
	return err
}

// clientBuild goes on with what the cache has of the steps, and has each step's
// layer whole.
func clientBuild(ctx context.Context, s *image.Store, n string) (err error) {
	tars := clientLayers(n)
	x, err := s.Begin(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, x.Close()) }()
	var keys []string
	for i, tar := range tars {
		step := fmt.Sprint("step ", n, i)
		r, ok, err := x.CacheGet(ctx, step)
		if err != nil {
			return err
		}
		if !ok {
			l, err := addLayer(ctx, x, image.Blob{DiffID: digest(tar)}, tar)
			if err != nil {
				return err
			}
			r = image.CacheRecord{Layers: []string{l.Key}, DiffID: l.DiffID, Size: l.Size}
			if err := x.CachePut(ctx, step, r); err != nil {
				return err
			}
		}
		if err := exactly(ctx, s, r.Layers[0], tar); err != nil {
			return fmt.Errorf("step %d, cached %v: %w", i, ok, err)
		}
		keys = append(keys, r.Layers[0])
	}
	_, err = x.AddImage(ctx, image.NewImage{Config: clientConfig(tars), Names: []string{"built:" + n}, Layers: keys})
	return err
}

// exactly compares what comes of a layer with what went in.
func exactly(ctx context.Context, s *image.Store, key string, want []byte) error {
	r, err := s.OpenTar(ctx, key)
	if err != nil {
		return err
	}
	defer r.Close()
	got, err := io.ReadAll(r)
	if err == nil && !bytes.Equal(got, want) {
		err = fmt.Errorf("%d bytes came, wanted were %d", len(got), len(want))
	}
	return err
}

func clientSave(ctx context.Context, s *image.Store, n string) error {
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer null.Close()
	err = s.Run(ctx, s.Request(image.OpSave, func(r *image.Request) { r.Refs = []string{"demo:" + n} }), null, func(*image.Message) {})
	if err != nil && (strings.Contains(err.Error(), "no such image") || strings.Contains(err.Error(), "not in the store any more") || strings.Contains(err.Error(), "no such file")) {
		return nil // removed meanwhile, before its layers were kept
	}
	return err
}

// clientProcess is a client in a process group of its own.
func clientProcess(dir, what string) *exec.Cmd {
	cmd := exec.Command("/proc/self/exe", clientArg, dir, what)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	return cmd
}

// wholeStore: what the index and the cache name is there, byte for byte.
func wholeStore(t *testing.T, s *image.Store) {
	t.Helper()
	list, err := s.List()
	if err != nil {
		t.Fatal(err)
	}
	for i := range list {
		n := strings.TrimPrefix(strings.TrimPrefix(list[i].Names[0], "demo:"), "built:")
		for l, tar := range clientLayers(n) {
			if err := exactly(t.Context(), s, list[i].Layers[l], tar); err != nil {
				t.Errorf("%s, layer %d: %v", list[i].Names[0], l, err)
			}
		}
		if raw, err := s.Raw(list[i].ID); err != nil || digest(raw) != list[i].ID {
			t.Errorf("%s: configuration: %v", list[i].ID, err)
		}
	}
}

// emptied: after prunes nothing is left, but for what may always be there.
func emptied(t *testing.T, s *image.Store, dir string) {
	t.Helper()
	if err := errors.Join(clientDoes(dir, "prune"), clientDoes(dir, "prune-cache")); err != nil {
		t.Fatal(err)
	}
	left, err := filepath.Glob(filepath.Join(dir, "images/*/*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range left {
		if filepath.Base(path) != "collected" {
			t.Errorf("left: %s", path)
		}
	}
}

// TestTwentyClients: twenty processes at a time pull, build, save and prune.
func TestTwentyClients(t *testing.T) {
	if !testns.Isolated(t, testns.Mount) {
		return
	}
	top := t.TempDir()
	s := childStore(t, top, nil)
	what := []string{"pull 0", "pull 1", "pull 2", "build 0", "build 1", "save 0", "save 1", "prune", "prune-cache", "pull 0", "build 2"}
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			for range number("MOCKER_TEST_CLIENTS", 3) {
				op := what[rand.N(len(what))]
				if out, err := clientProcess(top, op).CombinedOutput(); err != nil {
					t.Errorf("%s: %v\n%s", op, err, out)
				}
			}
		})
	}
	wg.Wait()
	wholeStore(t, s)
	emptied(t, s, top)
}

// TestClientsKilled kills clients alone, or with all of their children, at random
// moments: what can be seen is whole, and nothing is left in the end.
// MOCKER_TEST_KILLS sets how often.
func TestClientsKilled(t *testing.T) {
	if !testns.Isolated(t, testns.Mount) {
		return
	}
	top := t.TempDir()
	s := childStore(t, top, nil)
	began := time.Now()
	for _, op := range []string{"build 0", "prune", "prune-cache"} {
		if out, err := clientProcess(top, op).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", op, err, out)
		}
	}
	whole := time.Since(began)
	what := []string{"pull 0", "build 0", "pull 1", "build 1", "prune", "prune-cache"}
	kills, killed := number("MOCKER_TEST_KILLS", 60), 0
	for tries := 0; killed < kills && tries < 20*kills; tries++ {
		cmd := clientProcess(top, what[rand.N(len(what))])
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		pid := cmd.Process.Pid
		if rand.N(2) == 0 {
			pid = -pid // its children too
		}
		timer := time.AfterFunc(rand.N(whole), func() { _ = syscall.Kill(pid, syscall.SIGKILL) })
		if cmd.Wait() != nil {
			killed++
		}
		timer.Stop()
		if tries%10 == 0 {
			wholeStore(t, s)
		}
	}
	if killed < kills {
		t.Errorf("only %d killed", killed)
	}
	for _, op := range []string{"pull 0", "build 1"} {
		if out, err := clientProcess(top, op).CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", op, err, out)
		}
	}
	wholeStore(t, s)
	emptied(t, s, top)
}
