package layer

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"math/rand/v2"
	"testing"
	"testing/iotest"
)

func TestReadAhead(t *testing.T) {
	want := make([]byte, 3*aheadSize+17)
	for i := range want {
		want[i] = byte(rand.Uint32())
	}
	for _, size := range []int{0, 1, aheadSize, aheadSize + 1, 2 * aheadSize, len(want)} {
		for name, wrap := range map[string]func(io.Reader) io.Reader{
			"as it is": func(r io.Reader) io.Reader { return r }, "halves": iotest.HalfReader, "end with data": iotest.DataErrReader,
		} {
			sum := sha256.New()
			a := ReadAhead(wrap(io.TeeReader(bytes.NewReader(want[:size]), sum)))
			got, err := io.ReadAll(a)
			if err != nil || !bytes.Equal(got, want[:size]) || sha256.Sum256(got) != [32]byte(sum.Sum(nil)) {
				t.Errorf("%s, %d bytes: got %d, %v", name, size, len(got), err)
			}
			if err := a.Close(); err != nil {
				t.Error(err)
			}
		}
	}
}

func TestReadAheadErrors(t *testing.T) {
	broken := errors.New("broken")
	a := ReadAhead(io.MultiReader(bytes.NewReader([]byte("some")), iotest.ErrReader(broken)))
	if got, err := io.ReadAll(a); string(got) != "some" || !errors.Is(err, broken) {
		t.Errorf("%q, %v", got, err)
	}
	a.Close()
	// One that nobody reads to its end.
	endless := &counting{}
	a = ReadAhead(endless)
	a.Read(make([]byte, 10))
	a.Close()
	n := endless.n
	if n < 10 || n > aheadCount*aheadSize {
		t.Errorf("%d bytes were read ahead", n)
	}
	if _, err := io.Copy(io.Discard, a); err == nil {
		t.Error("a closed reader ends as if it were complete")
	}
	if endless.n != n {
		t.Error("it reads on after Close")
	}
}

// counting is no reader for two goroutines.
type counting struct{ n int }

func (c *counting) Read(p []byte) (int, error) { c.n += len(p); return len(p), nil }
