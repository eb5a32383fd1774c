package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
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
	if err := makeImage(layout, imageSize); err != nil {
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
	}
	b.speed(fmt.Sprintf("image of %d MB loaded and unpacked", imageSize>>20), imageSize, ours, other, 2)
	return nil
}

// loadImage loads the image into a store of its own.
func (b *bench) loadImage(ctx context.Context, layout string, i int) (time.Duration, error) {
	at := filepath.Join(b.dir, fmt.Sprint("load", i))
	cmd := exec.CommandContext(ctx, b.compose, "image", "load", "-i", layout)
	cmd.Env = append(os.Environ(), "MOCKER_RUNTIME_DIR="+filepath.Join(at, "run"), "MOCKER_DATA_HOME="+filepath.Join(at, "data"))
	return timed(cmd)
}
