package image

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/mocker-compose/mocker-compose/internal/image/imageref"
	"github.com/mocker-compose/mocker-compose/internal/image/layerstore"
	"golang.org/x/sys/unix"
)

// Blob is a layer as it comes from outside: a tar, compressed or not.
type Blob struct {
	DiffID    string `json:"diff_id"`              // sha256:HEX of the plain tar, as the configuration has it
	Digest    string `json:"digest,omitempty"`     // sha256:HEX of what comes; "" = not known
	Size      int64  `json:"size,omitempty"`       // of what comes, bytes; with a Digest only
	MediaType string `json:"media_type,omitempty"` // of the descriptor; what it is compressed with is seen by itself
	From      string `json:"from,omitempty"`       // repository that has it: "docker.io/library/nginx"
}

// Layer is a layer of the store.
type Layer struct {
	Key    string `json:"key"`     // its directory
	DiffID string `json:"diff_id"` // sha256:HEX of its tar
	Size   int64  `json:"size"`    // of its files, bytes
}

// AddLayer makes a layer of what comes through in, a pipe or a file: read and
// unpacked by a confined process of its own, which compares size, digest and
// diff id while it writes. On an error nothing of it is left or seen. progress,
// which may be nil, gets how many of the blob's bytes have been unpacked. The
// layer is the session's.
//
// If somebody else was faster, what comes is not read to its end: who writes to
// the pipe gets EPIPE, and AddLayer succeeds.
func (x *Session) AddLayer(ctx context.Context, b Blob, in *os.File, progress func(unpacked int64)) (Layer, error) {
	hex, err := imageref.Hex(b.DiffID)
	if err != nil {
		return Layer{}, fmt.Errorf("layer %q: %w", b.DiffID, err)
	}
	for _, key := range []string{layerstore.Key(hex, false), layerstore.Key(hex, true)} {
		if err := x.note(ctx, key); err != nil {
			return Layer{}, err
		}
	}
	var got *Layer
	var counted int64
	req := x.store.Request(OpLayer, func(r *Request) { r.Blob, r.Sweep = &b, x.first() })
	err = x.store.Run(ctx, req, in, func(m *Message) {
		switch {
		case m.Layer != nil:
			got = m.Layer
		case m.Unpacked > 0:
			x.ahead.Add(m.Unpacked - counted)
			counted = m.Unpacked
			if progress != nil {
				progress(m.Unpacked)
			}
		}
	})
	if err == nil && got == nil {
		err = errors.New("the process that unpacks it did not say that it had")
	}
	if err != nil {
		return Layer{}, fmt.Errorf("layer %s: %w", b.DiffID, err)
	}
	x.know(*got)
	return *got, nil
}

// HasLayer leases the layer with this diff id until the session closes, if it is
// there and complete.
func (x *Session) HasLayer(ctx context.Context, diffID string) (l Layer, ok bool, err error) {
	hex, err := imageref.Hex(diffID)
	if err != nil {
		return l, false, err
	}
	keys := []string{layerstore.Key(hex, false)}
	if x.store.layers.OneID() {
		keys = append(keys, layerstore.Key(hex, true))
	}
	for _, key := range keys {
		if l, ok, err = x.Keep(ctx, key); ok || err != nil {
			return l, ok, err
		}
	}
	return l, false, nil
}

// Keep leases the layer with this key until the session closes, if it is there
// and complete.
func (x *Session) Keep(ctx context.Context, key string) (l Layer, ok bool, err error) {
	if !layerstore.IsKey(key) {
		return l, false, fmt.Errorf("layer %q: not the key of one", key)
	}
	if l, ok := x.known(key); ok {
		return l, true, nil
	}
	lock, err := x.store.lock(ctx, unix.LOCK_SH)
	if err != nil {
		return l, false, err
	}
	defer lock.Close()
	if _, _, err := x.store.layers.Record(key); err != nil {
		return l, false, nil // not there: nothing to note
	}
	if err := x.write(key); err != nil {
		return l, false, err
	}
	rec, ok, err := x.store.layers.CompleteIf(key, func() (bool, error) {
		i, err := x.store.readIndex()
		return err == nil && i.hasLayer(key), err
	})
	if !ok || err != nil {
		return l, false, err
	}
	l = Layer{key, rec.DiffID, rec.Stats.Bytes}
	x.know(l)
	return l, true, nil
}
