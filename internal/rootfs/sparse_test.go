package rootfs

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// sparse is an archive (old GNU format) of a file of size bytes, all hole but
// for the last 512.
func sparse(size int64) []byte {
	h := make([]byte, 512)
	copy(h, "disk")
	copy(h[100:], "0000644\x000000000\x000000000\x00")
	copy(h[124:], fmt.Sprintf("%011o\x00", 512))
	copy(h[136:], fmt.Sprintf("%011o\x00", 0))
	h[156] = 'S'
	copy(h[257:], "ustar  \x00")
	copy(h[386:], fmt.Sprintf("%011o\x00%011o\x00", size-512, 512))
	copy(h[483:], fmt.Sprintf("%011o\x00", size))
	copy(h[148:], "        ")
	sum := 0
	for _, c := range h {
		sum += int(c)
	}
	copy(h[148:], fmt.Sprintf("%06o\x00 ", sum))
	h = append(h, bytes.Repeat([]byte("x"), 512)...)
	return append(h, make([]byte, 1024)...)
}

func TestSparseFileStaysSparse(t *testing.T) {
	const size = 4 << 30
	s := openStore(t, t.TempDir())
	r := prepare(t, s, write(t, t.TempDir()+"/a.tar", sparse(size)))
	var st unix.Stat_t
	if err := unix.Stat(r.Lower+"/disk", &st); err != nil {
		t.Fatal(err)
	}
	if st.Size != size || st.Blocks*512 > 1<<20 {
		t.Errorf("size %d, %d bytes on disk", st.Size, st.Blocks*512)
	}
	f, err := os.Open(r.Lower + "/disk")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	b := make([]byte, 1024)
	if _, err := f.ReadAt(b, size-1024); err != nil || string(b) != strings.Repeat("\x00", 512)+strings.Repeat("x", 512) {
		t.Errorf("its end is %q, %v", b, err)
	}
}

func TestSparseBombIsRefused(t *testing.T) {
	s := openStore(t, t.TempDir())
	s.Limits.Bytes = 1 << 20
	_, err := s.Prepare(t.Context(), write(t, t.TempDir()+"/a.tar", sparse(1<<30)))
	if err == nil || !strings.Contains(err.Error(), "more than 1048576 bytes") {
		t.Errorf("%v", err)
	}
	noLeftovers(t, s)
}
