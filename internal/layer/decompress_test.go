package layer

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/ulikunitz/xz"
)

// compressed is b in the formats that can be written here.
func compressed(t testing.TB, b []byte) map[string][]byte {
	t.Helper()
	out := map[string][]byte{"plain": b}
	var gz, x, z bytes.Buffer
	g := gzip.NewWriter(&gz)
	xw, err1 := xz.NewWriter(&x)
	zw, err2 := zstd.NewWriter(&z)
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		w io.WriteCloser
		b *bytes.Buffer
	}{"gzip": {g, &gz}, "xz": {xw, &x}, "zstd": {zw, &z}} {
		if _, err := c.w.Write(b); err != nil {
			t.Fatal(err)
		}
		if err := c.w.Close(); err != nil {
			t.Fatal(err)
		}
		out[name] = c.b.Bytes()
	}
	return out
}

// bzipped is "hello": there is no writer of that format here.
const bzipped = "BZh91AY&SY\x191e=\x00\x00\x00\x81\x00\x02D\xa0\x00!\x9ah3M\a3\x8b\xb9\"\x9c(H\f\x98\xb2\x9e\x80"

func TestDecompress(t *testing.T) {
	want := bytes.Repeat([]byte("some text, again and again. "), 10_000)
	all := compressed(t, want)
	for name, b := range all {
		plain, release, err := Decompress(bytes.NewReader(b))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got, err := io.ReadAll(plain)
		release()
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: %d bytes, %v", name, len(got), err)
		}
		if name == "plain" {
			continue
		}
		// Cut, it must not pass for complete.
		plain, release, err = Decompress(bytes.NewReader(b[:len(b)-5]))
		if err == nil {
			_, err = io.Copy(io.Discard, plain)
			release()
		}
		if err == nil {
			t.Errorf("%s: complete without its last 5 bytes", name)
		}
	}
	plain, release, err := Decompress(bytes.NewReader([]byte(bzipped)))
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	if got, err := io.ReadAll(plain); string(got) != "hello" || err != nil {
		t.Errorf("bzip2: %q, %v", got, err)
	}
	if _, _, err := Decompress(bytes.NewReader([]byte("PK\x03\x04zip"))); err == nil {
		t.Error("a zip archive is taken for a tar")
	}
}

// FuzzDecompress: whatever comes in, the decompressors end without a panic.
func FuzzDecompress(f *testing.F) {
	for _, b := range compressed(f, bytes.Repeat([]byte("abc \x00"), 100)) {
		f.Add(b)
		f.Add(append(bytes.Clone(b), b...)) // two streams
		f.Add(b[:len(b)/2])
	}
	f.Add([]byte(bzipped))
	f.Add([]byte("PK\x03\x04"))
	f.Fuzz(func(t *testing.T, b []byte) {
		plain, release, err := Decompress(bytes.NewReader(b))
		if err != nil {
			return
		}
		defer release()
		n, _ := io.Copy(io.Discard, Bounded(t.Context(), plain, 1<<20))
		if n > 1<<20+1<<17 {
			t.Errorf("%d bytes came through a bound of %d", n, 1<<20)
		}
	})
}
