package parallelgzip

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"testing"
)

// text is compressible, and refers back over the ends of blocks.
func text(n int) []byte {
	r := rand.New(rand.NewPCG(1, 2))
	var b bytes.Buffer
	for b.Len() < n {
		fmt.Fprintf(&b, "line %d of %d\n", r.IntN(1000), r.IntN(1000))
	}
	return b.Bytes()[:n]
}

func compress(t *testing.T, data []byte, piece int) []byte {
	t.Helper()
	var out bytes.Buffer
	w := NewWriter(&out)
	for rest := data; len(rest) > 0; {
		n := min(piece, len(rest))
		if _, err := w.Write(rest[:n]); err != nil {
			t.Fatal(err)
		}
		rest = rest[n:]
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// What comes out is what went in, whatever its size, by another reader.
func TestRoundTrip(t *testing.T) {
	for _, n := range []int{0, 1, windowSize, blockSize - 1, blockSize, blockSize + 1, 3*blockSize + 17} {
		data := text(n)
		out := compress(t, data, 70_000)
		r, err := gzip.NewReader(bytes.NewReader(out))
		if err != nil {
			t.Fatalf("%d: %v", n, err)
		}
		r.Multistream(false) // one member
		got, err := io.ReadAll(r)
		if err != nil || !bytes.Equal(got, data) {
			t.Errorf("%d bytes: %v, %d came back", n, err, len(got))
		}
		if n > blockSize && len(out) > n/2 {
			t.Errorf("%d bytes became %d", n, len(out))
		}
	}
}

// The same input has the same output on any machine.
func TestDeterministic(t *testing.T) {
	data := text(4*blockSize + 5)
	want := compress(t, data, len(data))
	old := runtime.GOMAXPROCS(1)
	defer runtime.GOMAXPROCS(old)
	for _, piece := range []int{1000, blockSize, 1 << 30} {
		for _, procs := range []int{1, 3, 8} {
			runtime.GOMAXPROCS(procs)
			if !bytes.Equal(compress(t, data, piece), want) {
				t.Errorf("pieces of %d on %d processors: other bytes", piece, procs)
			}
		}
	}
}

type full struct{ left int }

var errFull = errors.New("full")

func (f *full) Write(p []byte) (int, error) {
	if f.left -= len(p); f.left < 0 {
		return 0, errFull
	}
	return len(p), nil
}

// A writer that fails ends the work with its error, and nobody waits.
func TestError(t *testing.T) {
	for _, left := range []int{0, 5, 100_000} {
		w := NewWriter(&full{left})
		data := make([]byte, 20*blockSize)
		r := rand.NewChaCha8([32]byte{})
		_, _ = r.Read(data)
		_, werr := w.Write(data)
		if err := w.Close(); !errors.Is(err, errFull) || werr != nil && !errors.Is(werr, errFull) {
			t.Errorf("%d: %v, %v", left, werr, err)
		}
	}
}

func BenchmarkWriter(b *testing.B) {
	data := text(32 << 20)
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		w := NewWriter(io.Discard)
		_, _ = w.Write(data)
		_ = w.Close()
	}
}

func BenchmarkStandard(b *testing.B) {
	data := text(32 << 20)
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		w := gzip.NewWriter(io.Discard)
		_, _ = w.Write(data)
		_ = w.Close()
	}
}
