package ingest

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/mocker-compose/mocker-compose/internal/image"
	"github.com/mocker-compose/mocker-compose/internal/image/archive"
	"github.com/mocker-compose/mocker-compose/internal/image/exact"
	"github.com/mocker-compose/mocker-compose/internal/image/layerstore"
	"github.com/mocker-compose/mocker-compose/internal/layer"
)

// layer leases the nth layer of an image.
func (l *loader) layer(ctx context.Context, a *archive.Image, n int) (*layerstore.Lease, error) {
	src, read := &a.Layers[n], false
	lease, err := l.store.Layers().Layer(ctx, src.DiffID.Hex, l.oneID, func(fs, record *os.File) (st layer.Stats, err error) {
		l.out.progress("layer %d of %d: unpacking %d bytes", n+1, len(a.Layers), src.Size)
		read = true
		return l.unpack(ctx, src, fs, record)
	})
	// Of a layer that was there the archive's word for the digest is not taken: a push
	// of another image would name that blob.
	if err != nil || src.Digest.Hex == "" || !read {
		return lease, err
	}
	b := image.Blob{DiffID: src.DiffID.String(), Digest: src.Digest.String(), Size: src.Size, MediaType: string(src.MediaType)}
	if err := l.store.AddBlob(lease.Key, b); err != nil {
		return nil, errors.Join(err, lease.Close())
	}
	return lease, nil
}

// unpack compares both digests while it writes: of the blob, if the archive
// says one, and of the plain tar.
func (l *loader) unpack(ctx context.Context, src *archive.Layer, fs, record *os.File) (st layer.Stats, err error) {
	blob, err := src.Open()
	if err != nil {
		return st, err
	}
	defer blob.Close()
	u := &unpacking{oneID: l.oneID, blob: blob, diffID: src.DiffID, digest: src.Digest, size: src.Size}
	return u.run(ctx, fs, record)
}

// unpacking is a blob on its way to a tree.
type unpacking struct {
	oneID          bool
	blob           io.Reader
	diffID, digest v1.Hash // an empty digest is not known
	size           int64   // of the blob; -1 is not known
	limits         layer.Limits
}

func (u *unpacking) run(ctx context.Context, fs, record *os.File) (st layer.Stats, err error) {
	raw := &summing{r: u.blob}
	if u.digest.Hex != "" {
		raw.sum = sha256.New()
	}
	plain, release, err := layer.Decompress(raw)
	if err != nil {
		return st, err
	}
	defer release()
	tar := &summing{r: plain, sum: sha256.New()}
	ahead := layer.ReadAhead(tar)
	defer ahead.Close()
	st, err = unpackRecorded(ctx, ahead, fs, record, layer.Options{Single: u.oneID, Limits: u.limits})
	if err != nil {
		return st, err
	}
	if err := tar.finish(u.diffID, -1); err != nil {
		return st, fmt.Errorf("unpacked it is not what the configuration names: %w", err)
	}
	return st, raw.finish(u.digest, u.size)
}

// unpackRecorded also writes the record from which the tar can be made again.
func unpackRecorded(ctx context.Context, tar io.Reader, fs, record *os.File, o layer.Options) (layer.Stats, error) {
	r := exact.NewRecorder(record)
	o.Record = r
	st, err := layer.Unpack(ctx, tar, fs, o)
	if err != nil {
		return st, err
	}
	return st, r.Close()
}

// summing hashes and counts what is read.
type summing struct {
	r   io.Reader
	sum hash.Hash // nil: only counts
	n   int64
}

func (s *summing) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	s.n += int64(n)
	if s.sum != nil {
		s.sum.Write(p[:n])
	}
	return n, err
}

// finish reads what is left and compares; size -1 is not known, nor is an empty
// digest.
func (s *summing) finish(want v1.Hash, size int64) error {
	if _, err := io.Copy(io.Discard, bufio.NewReaderSize(s, 1<<16)); err != nil {
		return err
	}
	if size >= 0 && s.n != size {
		return fmt.Errorf("it has %d bytes, wanted were %d", s.n, size)
	}
	if want.Hex == "" {
		return nil
	}
	if got := s.hex(); got != want.Hex {
		return fmt.Errorf("its digest is sha256:%s, wanted was %s: the archive is damaged", got, want)
	}
	return nil
}

func (s *summing) hex() string { return hex.EncodeToString(s.sum.Sum(nil)) }
