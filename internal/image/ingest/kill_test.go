package ingest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/image"
	"github.com/mocker-compose/mocker-compose/internal/imagetest"
	"github.com/mocker-compose/mocker-compose/internal/testns"
)

const filesPerLayer = 80

// many is an image of some layers with many files.
func many(name string, layers, from int) imagetest.Image {
	img := imagetest.Image{Names: []string{name}}
	for l := range layers {
		files := []imagetest.File{{Name: fmt.Sprintf("l%d/", l+from)}}
		for f := range filesPerLayer {
			files = append(files, imagetest.File{Name: fmt.Sprintf("l%d/f%d", l+from, f), Text: strings.Repeat(fmt.Sprint(l+from, f), 1000)})
		}
		img.Layers = append(img.Layers, files)
	}
	return img
}

// complete compares the layers of an image in the store with what they were made of.
func complete(img *image.Image, want imagetest.Image, dir string) error {
	for n, key := range img.Layers {
		for _, f := range want.Layers[n] {
			b, err := os.ReadFile(filepath.Join(dir, "layers", key, "fs", f.Name))
			if strings.HasSuffix(f.Name, "/") {
				continue
			}
			if err != nil || string(b) != f.Text {
				return fmt.Errorf("layer %d, %s: %d bytes, %w", n, f.Name, len(b), err)
			}
		}
	}
	return nil
}

// TestKilled kills the process that loads, or that prunes, at random moments:
// what can be seen is whole, the next load works, and leaves no leftover.
// MOCKER_TEST_KILLS sets how often.
func TestKilled(t *testing.T) {
	if !testns.Isolated(t, testns.Mount) {
		return
	}
	top := t.TempDir()
	s := childStore(t, top, nil)
	want, path := many("demo:1", 4, 0), filepath.Join(top, "a.tar")
	want.WriteDockerArchive(t, path)
	began := time.Now()
	if err := loadOnce(t.Context(), s, path); err != nil {
		t.Fatal(err)
	}
	whole := time.Since(began)
	kills := number("MOCKER_TEST_KILLS", 100)
	killed, seen, there := 0, 0, true
	for tries := 0; killed < kills && tries < 20*kills; tries++ {
		do, took := loadOnce, whole
		if there {
			do, took = func(ctx context.Context, s *image.Store, _ string) error { return pruneOnce(ctx, s) }, whole/2
		}
		ctx, cancel := context.WithTimeout(t.Context(), rand.N(took*3/2))
		if do(ctx, s, path) != nil {
			killed++
		}
		cancel()
		img, err := s.Find("demo:1")
		if there = err == nil; !there {
			continue
		}
		seen++
		if err := complete(&img, want, top+"/images"); err != nil {
			t.Fatalf("a killed process left half an image: %v", err)
		}
	}
	if killed < kills {
		t.Errorf("only %d killed", killed)
	}
	if err := loadOnce(t.Context(), s, path); err != nil {
		t.Fatal(err)
	}
	img, err := s.Find("demo:1")
	if err == nil {
		err = complete(&img, want, top+"/images")
	}
	if err != nil {
		t.Error(err)
	}
	(&here{dir: top + "/images"}).noLeftovers(t)
	if err := pruneOnce(t.Context(), s); err != nil {
		t.Error(err)
	}
	if left, _ := filepath.Glob(top + "/images/*/*"); len(left) > 0 {
		t.Errorf("after a prune of everything: %v", left)
	}
	t.Logf("%d killed, %d times the image was there", killed, seen)
}

func loadOnce(ctx context.Context, s *image.Store, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	return s.Run(ctx, s.Request(image.OpLoad, func(*image.Request) {}), f, func(*image.Message) {})
}

func pruneOnce(ctx context.Context, s *image.Store) error {
	list, err := s.Unused(ctx, true)
	if err != nil {
		return err
	}
	clean := &image.CleanOptions{}
	for _, img := range list {
		clean.IDs = append(clean.IDs, img.ID)
	}
	null, err := os.Open(os.DevNull)
	if err != nil {
		return err
	}
	defer null.Close()
	return s.Run(ctx, s.Request(image.OpPrune, func(r *image.Request) { r.Clean = clean }), null, func(*image.Message) {})
}

// TestFullDisk: an image that does not fit says so, leaves nothing that can be
// seen, and can be loaded once there is room.
func TestFullDisk(t *testing.T) {
	if !testns.Isolated(t, testns.Mount) {
		return
	}
	top, disk := t.TempDir(), t.TempDir()
	want, path := many("demo:1", 3, 0), filepath.Join(top, "a.tar")
	want.WriteDockerArchive(t, path)
	if err := syscall.Mount("none", disk, "tmpfs", 0, "size=600k"); err != nil {
		t.Fatal(err)
	}
	defer syscall.Unmount(disk, syscall.MNT_DETACH)
	s := childStore(t, disk, nil)
	for range 3 {
		if err := loadOnce(t.Context(), s, path); err == nil || !strings.Contains(err.Error(), "no space left on device") {
			t.Errorf("%v", err)
		}
		if list, err := s.List(); len(list) != 0 || err != nil {
			t.Errorf("%v %v", list, err)
		}
		(&here{dir: disk + "/images"}).noLeftovers(t)
	}
	if err := syscall.Mount("none", disk, "", syscall.MS_REMOUNT, "size=16m"); err != nil {
		t.Fatal(err)
	}
	if err := loadOnce(t.Context(), s, path); err != nil {
		t.Fatal(err)
	}
	img, err := s.Find("demo:1")
	if err == nil {
		err = complete(&img, want, disk+"/images")
	}
	if err != nil {
		t.Error(err)
	}
}
