package sandbox

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/layer"
	"github.com/mocker-compose/mocker-compose/internal/safepath"
	"github.com/mocker-compose/mocker-compose/internal/wire"
)

// probeName begins the name of a directory for a probe.
const probeName = ".overlay"

// probeTries is how often a probe is begun: SweepProbes of another process may take
// its directory away before it is locked.
const probeTries = 5

// ProbeOverlay makes an overlay below dir, for real, and tells why it cannot.
// MOCKER_FORCE_NO_OVERLAY makes it fail.
func ProbeOverlay(dir string) (err error) {
	for _, name := range []string{"MOCKER_FORCE_NO_OVERLAY", "MOCKER_FORCE_FUSE"} {
		if os.Getenv(name) != "" {
			return errors.New(name + " is set")
		}
	}
	return probe(dir, probeOverlay)
}

// ProbeData makes an overlay below dir whose files have their contents in another
// directory ([Layers.Data]), reads one, and tells why it cannot. A user may mount such
// since Linux 6.16. MOCKER_FORCE_NO_DATA_LAYERS makes it fail.
func ProbeData(dir string) (err error) {
	if os.Getenv("MOCKER_FORCE_NO_DATA_LAYERS") != "" {
		return errors.New("MOCKER_FORCE_NO_DATA_LAYERS is set")
	}
	return probe(dir, probeData)
}

// probe calls try with a directory below dir.
func probe(dir string, try func(at func(name string) string) error) (err error) {
	SweepProbes(dir)
	for range probeTries {
		if err = probeIn(dir, try); !errors.Is(err, fs.ErrNotExist) {
			break
		}
	}
	return err
}

func probeIn(dir string, try func(at func(name string) string) error) error {
	tmp, err := os.MkdirTemp(dir, probeName)
	if err != nil {
		return err
	}
	defer removeProbe(tmp)
	lock, err := os.Open(tmp)
	if err != nil {
		return err
	}
	defer lock.Close()
	if err := unix.Flock(wire.FD(lock), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		return fs.ErrNotExist // it is just being swept
	}
	return try(func(name string) string { return filepath.Join(tmp, name) })
}

func probeOverlay(at func(name string) string) error {
	for _, d := range []string{"lower", "upper", "work"} {
		if err := os.Mkdir(at(d), 0o755); err != nil {
			return err
		}
	}
	f, err := Overlay(Layers{Lower: []string{at("lower")}, Upper: at("upper"), Work: at("work")})
	if err != nil {
		return err
	}
	return f.Close()
}

func probeData(at func(name string) string) error {
	for _, d := range []string{"lower", "data"} {
		if err := os.Mkdir(at(d), 0o755); err != nil {
			return err
		}
	}
	const content = "x"
	err := errors.Join(os.WriteFile(at("data/f"), []byte(content), 0o600), os.WriteFile(at("lower/f"), nil, 0o600),
		os.Truncate(at("lower/f"), int64(len(content))), layer.MarkContent(at("lower/f"), "f"))
	if err != nil {
		return err
	}
	f, err := Overlay(Layers{Lower: []string{at("lower")}, Data: []string{at("data")}})
	if err != nil {
		return err
	}
	defer f.Close()
	got, err := safepath.OpenInRoot(f, "f", unix.O_RDONLY)
	if err != nil {
		return err
	}
	defer got.Close()
	if b, err := io.ReadAll(got); err != nil || string(b) != content {
		return fmt.Errorf("its content is not to be had: %q, %w", b, err)
	}
	return nil
}

// SweepProbes removes what processes have left that were killed during a probe: with
// them their locks have gone.
func SweepProbes(dir string) {
	left, err := filepath.Glob(filepath.Join(dir, probeName+"*"))
	if err != nil {
		return
	}
	for _, tmp := range left {
		lock, err := os.Open(tmp)
		if err != nil {
			continue
		}
		if unix.Flock(wire.FD(lock), unix.LOCK_EX|unix.LOCK_NB) == nil {
			removeProbe(tmp)
		}
		lock.Close()
	}
}

func removeProbe(tmp string) {
	_ = os.Chmod(filepath.Join(tmp, "work", "work"), 0o700) // the kernel made it without any mode
	os.RemoveAll(tmp)
}
