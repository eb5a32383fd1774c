package layer

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/layer/hazard"
	"github.com/mocker-compose/mocker-compose/internal/safepath"
)

// Bits of the fuzz target's first argument.
const (
	fuzzOverlay    = 1 << iota // whiteouts are marks, else
	fuzzDelete                 // they delete, else they are literal
	fuzzWalk                   // without openat2
	fuzzAttributes             // marks are attributes
	fuzzBelow                  // not into an empty tree
)

// fuzzTop is the directory around canary and tree in the seeds: the real one,
// filled with slashes to the same length, takes its place.
const fuzzTop = "/@fuzz@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@"

// FuzzUnpackLayer unpacks archives whose checksums are repaired after each
// mutation, and looks at the canary beside the tree.
func FuzzUnpackLayer(f *testing.F) {
	for i, a := range hazard.Corpus(fuzzTop) {
		if b := bytesOf(f, a); len(b) < 16<<10 {
			f.Add(byte(i), b)
		}
	}
	fz := newFuzzed(f)
	f.Fuzz(func(t *testing.T, flags byte, b []byte) { fz.run(t, flags, b) })
}

type fuzzed struct {
	top, target string
	real        []byte
	before      string
}

func newFuzzed(f *testing.F) *fuzzed {
	base := "/dev/shm" // no disk, if possible
	if unix.Access(base, unix.W_OK) != nil {
		base = ""
	}
	top, err := os.MkdirTemp(base, "fuzz")
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { os.RemoveAll(top) })
	if len(top) > len(fuzzTop) {
		f.Skipf("%s is too long a name", top)
	}
	fillCanary(f, top)
	z := &fuzzed{top: top, target: filepath.Join(top, "x/y/fs"), real: []byte(top + strings.Repeat("/", len(fuzzTop)-len(top)))}
	z.before = z.look()
	return z
}

func (z *fuzzed) run(t *testing.T, flags byte, b []byte) {
	if len(b) > 64<<10 {
		return
	}
	b = repair(bytes.ReplaceAll(b, []byte(fuzzTop), z.real))
	safepath.ForceWalk(flags&fuzzWalk != 0)
	defer safepath.ForceWalk(false)
	ForceAttributes(flags&fuzzAttributes != 0)
	defer ForceAttributes(false)
	o := Options{Single: os.Getuid() != 0, Whiteouts: Literal, Limits: Limits{Entries: 100, Bytes: 1 << 20}}
	switch {
	case flags&fuzzOverlay != 0:
		o.Whiteouts = Overlay
	case flags&fuzzDelete != 0:
		o.Whiteouts = Delete
	}
	empty(t, z.target)
	if flags&fuzzBelow != 0 {
		err := errors.Join(os.MkdirAll(z.target+"/d/sub", 0o755), os.Symlink(z.top+"/canary", z.target+"/l"), os.Symlink("../../../canary", z.target+"/d/l"))
		if err != nil {
			t.Fatal(err)
		}
	}
	root, err := os.Open(z.target)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	// Whether it is refused is another question; that it ends and stays inside is this one.
	st, _ := Unpack(t.Context(), bytes.NewReader(b), root, o)
	if st.Entries > o.Limits.Entries+1 || st.Bytes > o.Limits.Bytes {
		t.Errorf("beyond the limits: %+v", st)
	}
	if now := z.look(); now != z.before {
		t.Fatalf("something outside of the tree changed:\n%s\nwas\n%s", now, z.before)
	}
}

// look is a quick census: whatever is done to the canary changes a time of it.
func (z *fuzzed) look() string {
	var out strings.Builder
	for _, name := range []string{"", "canary", "canary/keep", "canary/sub", "canary/sub/deep", "x"} {
		var st unix.Stat_t
		err := unix.Lstat(filepath.Join(z.top, name), &st)
		fmt.Fprintln(&out, name, err, st.Ino, st.Mode, st.Nlink, st.Uid, st.Size, st.Ctim.Nano(), st.Mtim.Nano())
	}
	entries, err := os.ReadDir(filepath.Join(z.top, "x/y"))
	fmt.Fprintln(&out, entries, err)
	return out.String()
}

// repair gives each header the checksum that it should have, and cuts sizes to
// what is there.
func repair(b []byte) []byte {
	b = bytes.Clone(b)
	for rest := b; len(rest) >= 512; {
		h := rest[:512]
		if bytes.Count(h, []byte{0}) == 512 {
			rest = rest[512:]
			continue
		}
		size, err := strconv.ParseInt(strings.Trim(string(h[124:136]), " \x00"), 8, 64)
		if err != nil || size < 0 {
			size = 0
		}
		copy(h[148:156], "        ")
		sum := 0
		for _, c := range h {
			sum += int(c)
		}
		copy(h[148:156], fmt.Sprintf("%06o\x00 ", sum))
		skip := min(int64(len(rest)), 512+(size+511)&^511)
		rest = rest[skip:]
	}
	return b
}
