package exact

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"

	"github.com/mocker-compose/mocker-compose/internal/image/layerstore"
)

// Layer writes the tar of a layer of the store, and compares its digest. The
// caller is in the user namespace, where all files can be read, and keeps the
// layer.
func Layer(ctx context.Context, s *layerstore.Store, key string, w io.Writer) (size int64, err error) {
	files, err := s.Files(key)
	if err != nil {
		return 0, fmt.Errorf("layer %s: %w", key, err)
	}
	defer files.Close()
	sum := sha256.New()
	count := &counter{}
	if err := Write(ctx, io.MultiWriter(w, sum, count), files.Record, files.FS); err != nil {
		return count.n, fmt.Errorf("layer %s: %w", key, err)
	}
	if got := "sha256:" + hex.EncodeToString(sum.Sum(nil)); got != files.DiffID {
		return count.n, fmt.Errorf("layer %s: its files have changed: the digest of its tar is %s", key, got)
	}
	return count.n, nil
}

// Size is the size of the tar of a layer. It may have to be made for that.
func Size(ctx context.Context, s *layerstore.Store, key string) (int64, error) {
	files, err := s.Files(key)
	if err != nil {
		return 0, fmt.Errorf("layer %s: %w", key, err)
	}
	if files.Close(); files.Size > 0 {
		return files.Size, nil
	}
	return Layer(ctx, s, key, io.Discard)
}

type counter struct{ n int64 }

func (c *counter) Write(p []byte) (int, error) {
	c.n += int64(len(p))
	return len(p), nil
}
