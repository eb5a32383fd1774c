package exact

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/vbatts/tar-split/tar/asm"
	"github.com/vbatts/tar-split/tar/storage"

	"github.com/mocker-compose/mocker-compose/internal/imagetest"
	"github.com/mocker-compose/mocker-compose/internal/layer"
)

// unpack makes a tree and a record of an archive.
func unpack(t testing.TB, archive []byte) (root *os.File, record []byte, st layer.Stats, err error) {
	t.Helper()
	root, err = os.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { root.Close() })
	var b bytes.Buffer
	r := NewRecorder(&b)
	limits := layer.Limits{Entries: 10_000, Bytes: 16 << 20}
	st, err = layer.Unpack(context.Background(), bytes.NewReader(archive), root, layer.Options{Single: true, Limits: limits, Record: r})
	if err == nil {
		err = r.Close()
	}
	return root, b.Bytes(), st, err
}

func samples(t testing.TB) map[string][]byte {
	big := strings.Repeat("0123456789abcdef", 40_000)
	return map[string][]byte{
		"empty":       imagetest.Tar(t, nil),
		"padded":      append(imagetest.Tar(t, []imagetest.File{{Name: "a", Text: "x"}}), make([]byte, 20480)...),
		"files":       imagetest.Tar(t, []imagetest.File{{Name: "d/"}, {Name: "d/f", Text: big}, {Name: "e", Text: "e"}, {Name: "h", Hard: "e"}, {Name: "l", Link: "d"}, {Name: "l/g", Text: "g"}}),
		"whiteouts":   imagetest.Tar(t, []imagetest.File{{Name: ".wh.a", Text: "content of a whiteout"}, {Name: "o/.wh..wh..opq"}, {Name: "o/x", Text: "x"}}),
		"devices":     imagetest.Tar(t, []imagetest.File{{Name: "null", Type: tar.TypeChar}, {Name: "p", Type: tar.TypeFifo}, {Name: "odd", Type: 'Z', Text: "what is it"}}),
		"closed":      imagetest.Tar(t, []imagetest.File{{Name: "c", Mode: 0o400, Text: "c"}}),
		"no end":      imagetest.Tar(t, []imagetest.File{{Name: "a", Text: "x"}})[:1024],
		"junk at end": append(imagetest.Tar(t, []imagetest.File{{Name: "a", Text: "x"}}), []byte("junk")...),
		"absolute":    imagetest.Tar(t, []imagetest.File{{Name: "/abs//f", Text: "x"}, {Name: "./abs/./g", Text: "y"}}),
		"no UTF-8":    imagetest.Tar(t, []imagetest.File{{Name: "\xff\xfe", Text: "x"}}),
	}
}

func again(root *os.File, record []byte) ([]byte, error) {
	var b bytes.Buffer
	err := Write(context.Background(), &b, bytes.NewReader(record), root)
	return b.Bytes(), err
}

func TestSameBytes(t *testing.T) {
	for name, archive := range samples(t) {
		root, record, st, err := unpack(t, archive)
		if err != nil || st.Replaced > 0 || st.Archive != int64(len(archive)) {
			t.Errorf("%s: %+v, %v", name, st, err)
			continue
		}
		if got, err := again(root, record); err != nil || !bytes.Equal(got, archive) {
			t.Errorf("%s: %d bytes of %d, %v", name, len(got), len(archive), err)
		}
	}
}

// TestSparse: GNU tar's sparse files, in its own and in the POSIX format.
func TestSparse(t *testing.T) {
	program, err := exec.LookPath("tar")
	if err != nil {
		t.Skip("tar is not installed")
	}
	dir := t.TempDir()
	f, err := os.Create(dir + "/s")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for at := range int64(40) { // more pieces than one header holds
		if _, err := f.WriteAt([]byte(strings.Repeat("x", 5000)), at*100_000); err != nil {
			t.Fatal(err)
		}
	}
	for _, format := range []string{"gnu", "posix"} {
		archive, err := exec.Command(program, "-C", dir, "-cS", "--format="+format, "s").Output()
		if err != nil {
			t.Fatal(err)
		}
		root, record, st, err := unpack(t, archive)
		if err != nil || st.Bytes < 3_900_000 || len(archive) > 1_000_000 {
			t.Fatalf("%s: %+v of %d bytes, %v", format, st, len(archive), err)
		}
		if got, err := again(root, record); err != nil || !bytes.Equal(got, archive) {
			t.Errorf("%s: %d bytes of %d, %v", format, len(got), len(archive), err)
		}
	}
}

// TestTarSplitsOwn: a record that tar-split itself wrote, with its checksums, is read.
func TestTarSplitsOwn(t *testing.T) {
	archive := samples(t)["files"]
	root, _, _, err := unpack(t, archive)
	if err != nil {
		t.Fatal(err)
	}
	var record bytes.Buffer
	zip := gzip.NewWriter(&record)
	r, done, err := asm.NewInputTarStreamWithDone(bytes.NewReader(archive), storage.NewJSONPacker(zip), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, r); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if err := zip.Close(); err != nil {
		t.Fatal(err)
	}
	if got, err := again(root, record.Bytes()); err != nil || !bytes.Equal(got, archive) {
		t.Errorf("%d bytes of %d, %v", len(got), len(archive), err)
	}
	if err := os.WriteFile(root.Name()+"/e", []byte("E"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := again(root, record.Bytes()); err == nil || !strings.Contains(err.Error(), "has changed") {
		t.Errorf("a changed file: %v", err)
	}
}

// TestReplaced: an archive that has a name twice is told apart, and one whose
// files have another length now fails.
func TestReplaced(t *testing.T) {
	for name, files := range map[string][]imagetest.File{
		"file":      {{Name: "a", Text: "1"}, {Name: "a", Text: "2"}},
		"directory": {{Name: "a/"}, {Name: "a/f", Text: "1"}, {Name: "a", Text: "2"}},
		"link":      {{Name: "d/"}, {Name: "a", Link: "d"}, {Name: "a/f", Text: "1"}, {Name: "a", Link: "e"}},
	} {
		if _, _, st, err := unpack(t, imagetest.Tar(t, files)); err != nil || st.Replaced == 0 {
			t.Errorf("%s: %+v, %v", name, st, err)
		}
	}
	root, record, _, err := unpack(t, samples(t)["files"])
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"", "longer"} {
		if err := os.WriteFile(root.Name()+"/e", []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := again(root, record); err == nil || !strings.Contains(err.Error(), "has not the 1 bytes") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// TestForged: a record leads nowhere but into the tree.
func TestForged(t *testing.T) {
	top := t.TempDir()
	if err := os.WriteFile(top+"/secret", []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(top+"/root", 0o700); err != nil {
		t.Fatal(err)
	}
	for link, to := range map[string]string{"up": "..", "file": "../secret", "abs": top} {
		if err := os.Symlink(to, top+"/root/"+link); err != nil {
			t.Fatal(err)
		}
	}
	root, err := os.Open(top + "/root")
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	for _, name := range []string{"../secret", "up/secret", "file", "abs/secret", top + "/secret", "."} {
		var record bytes.Buffer
		r := NewRecorder(&record)
		if err := r.File(name, 1); err != nil {
			t.Fatal(err)
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
		if got, err := again(root, record.Bytes()); err == nil {
			t.Errorf("%s was read: %q", name, got)
		}
	}
}

// FuzzSameBytes: whatever can be unpacked, and says that nothing was replaced,
// comes again.
func FuzzSameBytes(f *testing.F) {
	for _, archive := range samples(f) {
		f.Add(archive)
	}
	f.Fuzz(func(t *testing.T, archive []byte) {
		root, record, st, err := unpack(t, archive)
		if err != nil || st.Replaced > 0 {
			return
		}
		if got, err := again(root, record); err != nil || !bytes.Equal(got, archive) {
			t.Errorf("%d bytes of %d, %v", len(got), len(archive), err)
		}
	})
}
