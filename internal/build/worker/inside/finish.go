package inside

import (
	"archive/tar"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/build"
	"github.com/mocker-compose/mocker-compose/internal/image"
	"github.com/mocker-compose/mocker-compose/internal/layer"
)

// finish makes a layer of what the step has changed.
func (s *step) finish(ctx context.Context, epoch *time.Time) (build.Layer, error) {
	diffID, st, err := standIn(s.upper())
	if err != nil {
		return build.Layer{}, fmt.Errorf("layer of the step: %w", err)
	}
	if st.Entries == 0 {
		return build.Layer{Empty: true}, nil
	}
	lease, err := s.room.Take(ctx, diffID, s.p.singleID, st)
	if err != nil {
		return build.Layer{}, err
	}
	s.p.keep(lease)
	return build.Layer{Key: lease.Key, DiffID: diffID, Size: st.Bytes}, nil
}

// keep holds a layer until the worker is closed.
func (p *process) keep(l *image.Lease) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.leases = append(p.leases, l)
}

func standIn(dir string) (string, layer.Stats, error) {
	var st layer.Stats
	h := sha256.New()
	w := tar.NewWriter(h)
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || path == dir {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		st.Entries++
		hd, err := tar.FileInfoHeader(info, "")
		if err != nil {
			return err
		}
		hd.Name, _ = filepath.Rel(dir, path)
		if err := w.WriteHeader(hd); err != nil || !info.Mode().IsRegular() {
			return err
		}
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		st.Bytes += info.Size()
		_, err = io.Copy(w, f)
		return err
	})
	return "sha256:" + hex.EncodeToString(h.Sum(nil)), st, err
}
