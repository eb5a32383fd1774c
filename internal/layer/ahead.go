package layer

import "io"

// Sizes of what is read ahead: two buffers filled, two in use.
const (
	aheadSize  = 128 << 10
	aheadCount = 4
)

// ReadAhead reads r in a goroutine of its own, so that decompression and hashing
// go on while files are written. Close ends that: after it, or after an error
// or the end of r was returned, r is not used any more.
func ReadAhead(r io.Reader) io.ReadCloser {
	a := &ahead{full: make(chan chunk, aheadCount), free: make(chan []byte, aheadCount), done: make(chan struct{})}
	for range aheadCount {
		a.free <- make([]byte, aheadSize)
	}
	go a.fill(r)
	return a
}

type chunk struct {
	b   []byte
	err error
}

type ahead struct {
	full   chan chunk
	free   chan []byte // closed by Close
	done   chan struct{}
	cur    chunk
	rest   []byte // of cur
	closed bool
}

func (a *ahead) fill(r io.Reader) {
	defer close(a.done)
	for b := range a.free {
		n, err := 0, error(nil)
		for n < len(b) && err == nil {
			var m int
			m, err = r.Read(b[n:])
			n += m
		}
		a.full <- chunk{b[:n], err} // there is room for all buffers
		if err != nil {
			return
		}
	}
}

func (a *ahead) Read(p []byte) (int, error) {
	for len(a.rest) == 0 {
		if a.cur.err != nil {
			<-a.done
			return 0, a.cur.err
		}
		if a.closed {
			return 0, io.ErrClosedPipe
		}
		if a.cur.b != nil {
			a.free <- a.cur.b[:cap(a.cur.b)]
		}
		a.cur = <-a.full
		a.rest = a.cur.b
	}
	n := copy(p, a.rest)
	a.rest = a.rest[n:]
	return n, nil
}

// Close waits for a read of r that is going on.
func (a *ahead) Close() error {
	if !a.closed {
		a.closed = true
		close(a.free)
		<-a.done
	}
	return nil
}
