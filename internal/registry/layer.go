package registry

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"

	"github.com/google/go-containerregistry/pkg/v1/remote/transport"

	"github.com/mocker-compose/mocker-compose/internal/image"
	"github.com/mocker-compose/mocker-compose/internal/registry/download"
)

// errDone ends a download that nobody needs any more.
var errDone = errors.New("the layer is there")

// bring downloads and unpacks a layer, both at the same time. release gives the
// slot of the download back when it has ended.
func (p *pull) bring(outer context.Context, l *layer, part *download.Part, release func()) error {
	ctx, cancel := context.WithCancelCause(outer)
	defer cancel(nil)
	part.Again()
	r, w, err := download.Pipe()
	if err != nil {
		return &localError{err}
	}
	// The process that unpacks is not killed but comes to the end of its input, and
	// so removes what it began.
	feed := part.Feed()
	defer context.AfterFunc(ctx, feed.Abort)()
	fed := make(chan error, 1)
	unpacked := make(chan error, 1)
	go func() { fed <- feed.Into(w, l.blob.Size) }()
	go func() {
		err := p.unpack(ctx, l, r)
		if err != nil {
			cancel(&localError{err})
		} else {
			cancel(errDone)
		}
		unpacked <- err
	}()
	downErr := p.download(ctx, l, part)
	part.End()
	release()
	if downErr != nil && !errors.Is(downErr, errDone) {
		cancel(downErr)
	} else if downErr == nil {
		l.here.Store(true)
		p.tell(Progress{Layer: l.short(), Status: DownloadComplete, Current: l.blob.Size, Total: l.blob.Size})
	}
	upErr, feedErr := <-unpacked, <-fed
	switch {
	case upErr == nil:
		return nil
	case outer.Err() != nil: // the unpacker had no time: it says nothing of the bytes
		return context.Cause(outer)
	case downErr != nil && !errors.Is(downErr, upErr): // else it was ended by the other
		return downErr
	case feedErr != nil:
		return &localError{feedErr}
	}
	return p.judge(ctx, l, part, upErr)
}

// judge finds out why a layer could not be unpacked, and what becomes of its
// part: bytes that may be wrong are not kept.
func (p *pull) judge(ctx context.Context, l *layer, part *download.Part, upErr error) error {
	switch {
	case isFull(upErr):
		return &localError{fmt.Errorf("%w: make room (mocker-compose image prune, system prune) and pull again", upErr)}
	case isDeath(upErr):
		return &localError{upErr}
	case part.Size() < l.blob.Size:
		return errors.Join(&brokenError{upErr}, part.Restart())
	}
	got, err := part.Digest(context.WithoutCancel(ctx))
	if err != nil {
		return &localError{err}
	}
	if got != l.blob.Digest.String() {
		upErr = &wrongError{p.endpoints[l.first].Name, l.blob.Digest.String(), got}
	}
	return errors.Join(&brokenError{upErr}, part.Restart())
}

// unpack hands what comes through the pipe to the process that unpacks.
func (p *pull) unpack(ctx context.Context, l *layer, r *os.File) error {
	defer r.Close()
	slot, err := take(ctx, p.client.unpackers, func() {})
	if err != nil {
		return err
	}
	defer slot()
	b := image.Blob{
		DiffID: l.diff, Digest: l.blob.Digest.String(), Size: l.blob.Size, MediaType: string(l.blob.MediaType),
		From: p.name.Domain + "/" + p.name.Path,
	}
	ctx, release := patient(ctx)
	defer release()
	got, err := p.session.AddLayer(ctx, b, r, func(n int64) {
		if !l.here.Load() { // it is shown as Downloading
			return
		}
		p.tell(Progress{Layer: l.short(), Status: Extracting, Current: n, Total: l.blob.Size})
	})
	if err != nil {
		return err
	}
	l.key = got.Key
	return nil
}

// patience is what an unwanted unpacking has to clean up.
const patience = 3 * time.Second

// patient is ctx, but ends some time later.
func patient(ctx context.Context) (later context.Context, release func()) {
	later, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		timer := time.AfterFunc(patience, func() { cancel(context.Cause(ctx)) })
		context.AfterFunc(later, func() { timer.Stop() })
	})
	return later, func() { stop(); cancel(nil) }
}

// download brings the part up to its whole size.
func (p *pull) download(ctx context.Context, l *layer, part *download.Part) error {
	if part.Size() > l.blob.Size { // not of this blob
		if err := part.Restart(); err != nil {
			return &localError{err}
		}
	}
	a := again{most: maxAttempts, progress: part.Size, say: func(seconds int) {
		unit := "seconds"
		if seconds == 1 {
			unit = "second"
		}
		p.tell(Progress{Layer: l.short(), Status: fmt.Sprintf("Retrying in %d %s", seconds, unit), Current: part.Size(), Total: l.blob.Size})
	}}
	return p.from(ctx, l.first, a, func(ctx context.Context, s *session) error {
		if part.Size() == l.blob.Size {
			return nil
		}
		return s.blob(streaming(ctx), l, part, func() {
			p.tell(Progress{Layer: l.short(), Status: Downloading, Current: part.Size(), Total: l.blob.Size})
		})
	})
}

const (
	readSize = 256 << 10
	// tellEvery is how often a terminal can show something new.
	tellEvery = 100 * time.Millisecond
)

// blob appends what is missing of a blob to its part (distribution spec, "Pulling
// blobs").
func (s *session) blob(ctx context.Context, l *layer, part *download.Part, tell func()) error {
	start := part.Size()
	header := map[string]string{}
	if start > 0 {
		header["Range"] = fmt.Sprintf("bytes=%d-", start)
	}
	res, err := s.request(ctx, http.MethodGet, "blobs/"+l.blob.Digest.String(), header)
	if status := (*transport.Error)(nil); errors.As(err, &status) && status.StatusCode == http.StatusRequestedRangeNotSatisfiable {
		return errors.Join(err, part.Restart()) // the next pull asks for all of it
	}
	if err != nil {
		return err
	}
	defer res.Body.Close()
	skip, err := continues(res, start, l.blob.Size)
	if err != nil {
		return errors.Join(&endpointError{s, &finalError{err}}, part.Restart())
	}
	buf := make([]byte, readSize)
	var last time.Time
	for {
		n, err := res.Body.Read(buf)
		b := buf[:n]
		if skip > 0 { // it does not know ranges: the beginning is here already
			gone := min(skip, int64(len(b)))
			skip, b = skip-gone, b[gone:]
		}
		if part.Size()+int64(len(b)) > l.blob.Size {
			return &endpointError{s, &finalError{fmt.Errorf("%s has more than the %d bytes that the manifest says", l.blob.Digest, l.blob.Size)}}
		}
		if len(b) > 0 {
			if err := part.Append(b); err != nil {
				return &localError{err}
			}
		}
		if now := time.Now(); now.Sub(last) >= tellEvery {
			last = now
			tell()
		}
		switch {
		case errors.Is(err, io.EOF) && part.Size() < l.blob.Size:
			return &endpointError{s, io.ErrUnexpectedEOF}
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return &endpointError{s, err}
		}
	}
}

// continues looks at where an answer begins: skip is how much of it is known.
func continues(res *http.Response, start, size int64) (skip int64, err error) {
	want := size - start
	if res.StatusCode == http.StatusPartialContent {
		var from, to int64
		if n, err := fmt.Sscanf(res.Header.Get("Content-Range"), "bytes %d-%d/", &from, &to); err != nil || n != 2 || from != start || to >= size {
			return 0, fmt.Errorf("asked for what follows after %d bytes of %d, it sent %q", start, size, res.Header.Get("Content-Range"))
		}
	} else {
		skip, want = start, size
	}
	if res.ContentLength >= 0 && res.ContentLength != want {
		return 0, fmt.Errorf("it says that there are %d bytes, the manifest says %d", res.ContentLength, want)
	}
	return skip, nil
}
