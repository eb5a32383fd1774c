package ingest

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync/atomic"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/mocker-compose/mocker-compose/internal/image"
	"github.com/mocker-compose/mocker-compose/internal/layer"
)

// blob makes a layer of what comes by standard input.
func (l *loader) blob(ctx context.Context, in *os.File, b *image.Blob) error {
	if b == nil || in == nil {
		return fmt.Errorf("role %s: there is no blob", image.Role)
	}
	u := &unpacking{oneID: l.oneID, size: -1}
	var err error
	if u.diffID, err = v1.NewHash(b.DiffID); err != nil {
		return err
	}
	if b.Digest != "" {
		u.size = b.Size
		if u.digest, err = v1.NewHash(b.Digest); err != nil {
			return err
		}
	}
	read := false
	lease, err := l.store.Layers().Layer(ctx, u.diffID.Hex, l.oneID, func(fs, record *os.File) (layer.Stats, error) {
		counted := &counting{r: in, limit: u.size}
		u.limits = layer.BlobLimits(u.size)
		blob := bufio.NewReaderSize(counted, 1<<16)
		if err := usual(blob); err != nil {
			return layer.Stats{}, err
		}
		u.blob = blob
		defer l.report(&counted.n)()
		read = true
		return u.run(ctx, fs, record)
	})
	if err != nil {
		return err
	}
	defer lease.Close()
	if read { // else nobody has compared the digest
		if err := l.store.AddBlob(lease.Key, *b); err != nil {
			return err
		}
	}
	l.out.send(image.Message{Layer: &image.Layer{Key: lease.Key, DiffID: b.DiffID, Size: lease.Stats.Bytes}})
	return nil
}

// usual refuses what no layer is compressed with, but an archive may be: xz takes
// as much memory as its first bytes ask for.
func usual(blob *bufio.Reader) error {
	head, err := blob.Peek(6)
	if err != nil && err != io.EOF {
		return err
	}
	if bytes.HasPrefix(head, []byte("\xfd7zXZ\x00")) || bytes.HasPrefix(head, []byte("BZh")) {
		return errors.New("it is compressed with xz or bzip2: layers are with gzip or zstd, or not at all (OCI image spec, layer.md)")
	}
	return nil
}

// reportEvery is how often a terminal can show something new.
const reportEvery = 100 * time.Millisecond

// report says how far it is until the returned function is called.
func (l *loader) report(n *atomic.Int64) (stop func()) {
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(reportEvery)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-tick.C:
				l.out.send(image.Message{Unpacked: n.Load()})
			}
		}
	}()
	return func() { close(done); <-ended }
}

// counting also ends a blob that is longer than it may be, before it has filled
// the disk.
type counting struct {
	r     io.Reader
	limit int64 // -1: none
	n     atomic.Int64
}

func (c *counting) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	if got := c.n.Add(int64(n)); c.limit >= 0 && got > c.limit {
		return 0, fmt.Errorf("it has more than the %d bytes that were wanted", c.limit)
	}
	return n, err
}
