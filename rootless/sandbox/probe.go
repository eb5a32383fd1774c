package sandbox

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

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
	SweepProbes(dir)
	for range probeTries {
		if err = probeOverlay(dir); !errors.Is(err, fs.ErrNotExist) {
			break
		}
	}
	return err
}

func probeOverlay(dir string) error {
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
	at := func(name string) string { return filepath.Join(tmp, name) }
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
