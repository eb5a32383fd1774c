package rootfs

import (
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/layer/hazard"
)

func TestSparseFileStaysSparse(t *testing.T) {
	const size = 4 << 30
	s := openStore(t, t.TempDir())
	r := prepare(t, s, write(t, t.TempDir()+"/a.tar", hazard.Sparse(size)))
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
	_, err := s.Prepare(t.Context(), write(t, t.TempDir()+"/a.tar", hazard.Sparse(1<<30)))
	if err == nil || !strings.Contains(err.Error(), "more than 1048576 bytes") {
		t.Errorf("%v", err)
	}
	noLeftovers(t, s)
}
