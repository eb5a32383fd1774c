package logs

import (
	"io"
	"os"
	"reflect"
)

// flushSize: a sink writes when it has this much, or when there is nothing to
// print for now.
const flushSize = 64 << 10

// sink is an output with a buffer, which knows whose line is not finished.
type sink struct {
	w     io.Writer
	buf   []byte
	owner *streamReader // the last byte printed is in the middle of its line
	err   error         // of the first failed write; nothing is written after it
}

// newSinks makes the sinks for both outputs: one, if both are the same file,
// so that lines keep their order and do not mix.
func newSinks(out, errOut io.Writer) (o, e *sink) {
	o = &sink{w: out}
	if sameOutput(out, errOut) {
		return o, o
	}
	return o, &sink{w: errOut}
}

func sameOutput(a, b io.Writer) bool {
	if reflect.TypeOf(a) != reflect.TypeOf(b) || !reflect.TypeOf(a).Comparable() {
		return false
	}
	if a == b {
		return true
	}
	f, ok := a.(*os.File)
	g, ok2 := b.(*os.File)
	if !ok || !ok2 {
		return false
	}
	fi, err := f.Stat()
	gi, err2 := g.Stat()
	return err == nil && err2 == nil && os.SameFile(fi, gi)
}

// own makes k ready for bytes of s; nil: for a line of ours. It reports whether
// these begin a line, and ends the open line of another.
func (k *sink) own(s *streamReader) (begins bool) {
	if k.owner != nil && k.owner == s {
		return false
	}
	if k.owner != nil {
		k.buf = append(k.buf, '\n')
	}
	k.owner = s
	return true
}

// full writes the buffer if it is large.
func (k *sink) full() {
	if len(k.buf) >= flushSize {
		k.flush()
	}
}

func (k *sink) flush() {
	if len(k.buf) == 0 {
		return
	}
	if k.err == nil {
		_, k.err = k.w.Write(k.buf)
	}
	k.buf = k.buf[:0]
}
