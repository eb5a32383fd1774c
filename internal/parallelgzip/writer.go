package parallelgzip

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"runtime"
	"sync"

	"github.com/klauspost/compress/flate"
)

const (
	blockSize  = 1 << 20
	windowSize = 32 << 10 // how far back deflate may refer
)

// Writer compresses what is written to it. It is for one goroutine.
type Writer struct {
	block  []byte    // being filled
	dict   []byte    // the end of the one before
	queue  chan *job // in order
	done   chan struct{}
	closed bool

	mu  sync.Mutex
	err error
}

// job is a block on its way.
type job struct {
	data, dict []byte
	last       bool
	out        bytes.Buffer
	ready      chan error
}

// NewWriter returns one that writes to out, from a goroutine of its own, until
// Close.
func NewWriter(out io.Writer) *Writer {
	w := &Writer{queue: make(chan *job, runtime.GOMAXPROCS(0)), done: make(chan struct{})}
	go w.send(out)
	return w
}

// Write returns the error of an earlier block's, too.
func (w *Writer) Write(p []byte) (n int, err error) {
	for len(p) > 0 {
		if err := w.failed(); err != nil {
			return n, err
		}
		if w.block == nil {
			w.block = make([]byte, 0, blockSize)
		}
		took := min(len(p), blockSize-len(w.block))
		w.block = append(w.block, p[:took]...)
		p, n = p[took:], n+took
		if len(w.block) == blockSize {
			w.start(false)
		}
	}
	return n, nil
}

// Close writes what is left and the end, and waits for it.
func (w *Writer) Close() error {
	if !w.closed {
		w.closed = true
		w.start(true)
		close(w.queue)
	}
	<-w.done
	return w.failed()
}

func (w *Writer) start(last bool) {
	j := &job{data: w.block, dict: w.dict, last: last, ready: make(chan error, 1)}
	w.dict, w.block = j.data[max(0, len(j.data)-windowSize):], nil
	w.queue <- j // waits while as many are under way as there are processors
	go func() { j.ready <- j.compress() }()
}

var writers = sync.Pool{New: func() any {
	w, _ := flate.NewWriter(nil, flate.DefaultCompression) // the level is a good one
	return w
}}

func (j *job) compress() error {
	f := writers.Get().(*flate.Writer)
	defer writers.Put(f)
	f.ResetDict(&j.out, j.dict)
	if _, err := f.Write(j.data); err != nil {
		return err
	}
	if j.last {
		return f.Close()
	}
	return f.Flush()
}

// send writes the blocks in their order.
func (w *Writer) send(out io.Writer) {
	defer close(w.done)
	sum, size := crc32.NewIEEE(), uint32(0)
	// Deflate, no flags, no time, no hint, an unknown system.
	_, err := out.Write([]byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255})
	for j := range w.queue {
		failed := <-j.ready
		if err = errors.Join(err, failed); err != nil {
			w.fail(err)
			continue // who writes must not wait for us
		}
		_, _ = sum.Write(j.data) // a hash takes all
		size += uint32(len(j.data))
		if _, err = out.Write(j.out.Bytes()); err != nil {
			w.fail(err)
		}
	}
	if err != nil {
		return
	}
	end := binary.LittleEndian.AppendUint32(nil, sum.Sum32())
	if _, err := out.Write(binary.LittleEndian.AppendUint32(end, size)); err != nil {
		w.fail(err)
	}
}

func (w *Writer) fail(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err == nil {
		w.err = err
	}
}

func (w *Writer) failed() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.err
}
