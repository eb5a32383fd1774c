package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/layer"
	"github.com/mocker-compose/mocker-compose/internal/layer/manifest"
)

const imageSize = 200 << 20

// benchUnpack compares the loading of an image of 200 MB, from an OCI layout into
// an empty store, with `umoci unpack --rootless`. Nothing is deleted between the
// runs: where many inodes were freed, ext4 takes milliseconds to find one that
// was not (recently_deleted, fs/ext4/ialloc.c), and the two would measure that.
func benchUnpack(ctx context.Context, b *bench) error {
	umoci, err := exec.LookPath("umoci")
	if err != nil {
		return errors.New("umoci is not installed: package umoci")
	}
	layout := filepath.Join(b.dir, "image")
	diffs, err := makeImage(layout, imageSize, 0.6, 0.3, 0.1)
	if err != nil {
		return err
	}
	var ours, other []time.Duration
	for i := range max(3, b.runs/2) {
		unix.Sync() // the one is not to write back what the other wrote
		took, err := b.loadImage(ctx, layout, i)
		if err != nil {
			return err
		}
		ours = append(ours, took)
		unix.Sync()
		bundle := filepath.Join(b.dir, fmt.Sprint("bundle", i))
		took, err = timed(exec.CommandContext(ctx, umoci, "unpack", "--rootless", "--image", layout+":latest", bundle))
		if err != nil {
			return err
		}
		other = append(other, took)
		if i == 0 {
			if err := b.sameTree(ctx, diffs, bundle); err != nil {
				return fmt.Errorf("the results differ: %w", err)
			}
		}
	}
	b.speed(fmt.Sprintf("image of %d MB loaded and unpacked", imageSize>>20), imageSize, ours, other, 2)
	return nil
}

// loadImage loads the image into a store of its own.
func (b *bench) loadImage(ctx context.Context, layout string, i int) (time.Duration, error) {
	at := b.loaded(i)
	cmd := exec.CommandContext(ctx, b.compose, "image", "load", "-i", layout)
	cmd.Env = append(os.Environ(), "MOCKER_RUNTIME_DIR="+filepath.Join(at, "run"), "MOCKER_DATA_HOME="+filepath.Join(at, "data"))
	return timed(cmd)
}

func (b *bench) loaded(i int) string { return filepath.Join(b.dir, fmt.Sprint("load", i)) }

// sameTree compares what the first load made with what umoci made: kinds, modes,
// contents, links, hard links, attributes and times. Owners are what each makes
// of them without root. A plain user may not read what the layers give to others.
func (b *bench) sameTree(ctx context.Context, diffs []string, bundle string) error {
	if os.Getuid() != 0 {
		fmt.Fprintln(os.Stderr, "bench: unpack: the two results are compared by root only")
		return nil
	}
	var layers []string
	for _, d := range slices.Backward(diffs) {
		found, err := filepath.Glob(filepath.Join(b.loaded(0), "data", "images", "layers", strings.TrimPrefix(d, "sha256:")+"*", "fs"))
		if err != nil || len(found) != 1 {
			return fmt.Errorf("layer %s: %q, %v", d, found, err)
		}
		layers = append(layers, found[0])
	}
	merged := filepath.Join(b.dir, "merged")
	if err := layer.Copy(ctx, layers, merged); err != nil {
		return err
	}
	o := manifest.Options{Ignore: []string{"user.rootlesscontainers"}}
	got, err1 := manifest.List(merged, o)
	want, err2 := manifest.List(filepath.Join(bundle, "rootfs"), o)
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	if len(want) < 1000 {
		return fmt.Errorf("umoci made %d entries only", len(want))
	}
	// The image has no entry for its root.
	if d := manifest.Difference(got[1:], want[1:]); d != "" {
		return errors.New(d)
	}
	return nil
}
