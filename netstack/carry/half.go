package carry

import (
	"io"
	"sync"
	"sync/atomic"
	"syscall"

	"golang.org/x/sys/unix"
)

const (
	// bufferSize: what fits is copied, more is spliced.
	bufferSize = 32 << 10
	// fewBytes by splice(2) at once say that copying would have been cheaper.
	fewBytes = 8 << 10
	// atOnce is the most that one splice(2) is asked for; a pipe takes less.
	atOnce = 1 << 20
)

var buffers = sync.Pool{New: func() any { return new([bufferSize]byte) }}

// half is one direction of a connection. Between two bursts it holds nothing.
type half struct {
	src, dst syscall.RawConn
	pipes    *pipes
	count    *atomic.Uint64

	bulk bool  // the last burst was long: begin with splice(2)
	pipe *pipe // with inPipe bytes in it; nil between bursts
	buf  *[bufferSize]byte

	// What the last take brought.
	inPipe int
	bytes  []byte // of buf
	urgent bool   // bytes is one byte, to be sent as urgent
	err    error  // io.EOF: the end
}

// run moves bytes until the end of src, which is no error.
func (h *half) run() error {
	take, putPipe, putBytes := h.take, h.putPipe, h.putBytes // once: each is an allocation
	for {
		if err := h.src.Read(take); err != nil {
			return err
		}
		if h.err != nil {
			if h.err == io.EOF {
				return nil
			}
			return h.err
		}
		put := putBytes
		if h.inPipe > 0 {
			put = putPipe
			h.count.Add(uint64(h.inPipe))
		} else {
			h.count.Add(uint64(len(h.bytes)))
		}
		if err := h.dst.Write(put); err != nil {
			return err
		}
		if h.err != nil {
			return h.err
		}
	}
}

// take reads what is there: false if nothing is.
func (h *half) take(fd uintptr) bool {
	if h.bulk && h.splice(int(fd)) {
		return true
	}
	// Also after a splice that got nothing: it stops before urgent data for ever,
	// and does not tell the end from nothing.
	return h.read(int(fd))
}

// splice moves pages from the socket to a pipe.
func (h *half) splice(fd int) bool {
	if h.pipe == nil {
		if h.pipe = h.pipes.get(); h.pipe == nil {
			return false
		}
	}
	for {
		n, err := unix.Splice(fd, nil, h.pipe.w, nil, atOnce, unix.SPLICE_F_NONBLOCK|unix.SPLICE_F_MOVE)
		if err == unix.EINTR {
			continue
		}
		if err != nil || n <= 0 {
			h.giveBack()
			return false
		}
		h.inPipe = int(n)
		h.bulk = n > fewBytes
		return true
	}
}

// read copies what is there.
func (h *half) read(fd int) bool {
	if h.buf == nil {
		h.buf = buffers.Get().(*[bufferSize]byte) //nolint:errcheck,forcetypeassert // the pool has no others
	}
	limit := bufferSize
	h.urgent = atMark(fd)
	if h.urgent {
		limit = 1
	}
	for {
		n, err := unix.Read(fd, h.buf[:limit])
		switch {
		case err == unix.EINTR:
			continue
		case err == unix.EAGAIN:
			h.giveBack()
			return false
		case err != nil:
			h.err = err
		case n == 0:
			h.err = io.EOF
		}
		h.bytes = h.buf[:max(n, 0)]
		h.bulk = n == bufferSize
		return true
	}
}

// atMark tells whether the next byte is the urgent one (sockatmark(3)).
func atMark(fd int) bool {
	n, err := unix.IoctlGetInt(fd, unix.SIOCATMARK)
	return err == nil && n != 0
}

// putBytes writes what read took: false if there is no room for all of it.
func (h *half) putBytes(fd uintptr) bool {
	for len(h.bytes) > 0 {
		var n int
		var err error
		if h.urgent {
			n, err = len(h.bytes), unix.Send(int(fd), h.bytes, unix.MSG_OOB|unix.MSG_NOSIGNAL)
		} else {
			n, err = unix.Write(int(fd), h.bytes)
		}
		switch err {
		case nil:
			h.bytes = h.bytes[n:]
		case unix.EINTR:
		case unix.EAGAIN:
			return false
		default:
			h.err = err
			return true
		}
	}
	return true
}

// putPipe empties the pipe: false if there is no room for all of it.
func (h *half) putPipe(fd uintptr) bool {
	for h.inPipe > 0 {
		n, err := unix.Splice(h.pipe.r, nil, int(fd), nil, h.inPipe, unix.SPLICE_F_NONBLOCK|unix.SPLICE_F_MOVE)
		switch {
		case err == unix.EINTR:
		case err == unix.EAGAIN:
			return false
		case err != nil:
			h.err = err
			return true
		case n == 0:
			h.err = io.ErrUnexpectedEOF
			return true
		default:
			h.inPipe -= int(n)
		}
	}
	return true
}

// giveBack returns pipe and buffer to their pools.
func (h *half) giveBack() {
	if h.pipe != nil {
		h.pipes.put(h.pipe, h.inPipe == 0)
		h.pipe, h.inPipe = nil, 0
	}
	if h.buf != nil {
		buffers.Put(h.buf)
		h.buf, h.bytes = nil, nil
	}
}

// watch waits, after the end of src, until the other direction has ended too
// (false) or src is reset (true), which no read would tell any more.
func (h *half) watch(ended *atomic.Int32) (broken bool) {
	_ = h.src.Read(func(fd uintptr) bool { // its error is the deadline that wakes us
		code, err := unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_ERROR)
		broken = err == nil && code != 0
		return broken || ended.Load() == 2
	})
	return broken
}
