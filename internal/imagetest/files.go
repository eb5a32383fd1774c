package imagetest

import (
	"archive/tar"
	"bytes"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/testns"
)

// File is an entry of a layer. By default it is a regular file of mode 0644
// (a directory: 0755) that belongs to 0:0.
type File struct {
	Name     string // relative; with a slash at the end a directory
	Text     string // content
	Link     string // where a symbolic link leads
	Hard     string // name of the entry that this is another name of
	Mode     int64
	UID, GID int
	Type     byte              // one of archive/tar's, for what the fields above do not say
	Xattrs   map[string]string // names in full: "user.x", "security.capability"
}

// Tar writes entries as a plain tar.
func Tar(t testing.TB, files []File) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, f := range files {
		if err := w.WriteHeader(f.header()); err != nil {
			t.Fatalf("%s: %v", f.Name, err)
		}
		if _, err := w.Write([]byte(f.Text)); err != nil {
			t.Fatalf("%s: %v", f.Name, err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func (f File) header() *tar.Header {
	h := &tar.Header{
		Name: f.Name, Mode: f.Mode, Uid: f.UID, Gid: f.GID, Size: int64(len(f.Text)),
		ModTime: time.Unix(1700000000, 0), Typeflag: tar.TypeReg, Format: tar.FormatPAX,
	}
	switch {
	case f.Type != 0:
		h.Typeflag, h.Linkname = f.Type, f.Link+f.Hard
	case f.Link != "":
		h.Typeflag, h.Linkname = tar.TypeSymlink, f.Link
	case f.Hard != "":
		h.Typeflag, h.Linkname = tar.TypeLink, f.Hard
	case strings.HasSuffix(f.Name, "/"):
		h.Typeflag = tar.TypeDir
	}
	if h.Mode == 0 {
		h.Mode = 0o644
		if h.Typeflag == tar.TypeDir {
			h.Mode = 0o755
		}
	}
	for name, value := range f.Xattrs {
		if h.PAXRecords == nil {
			h.PAXRecords = map[string]string{}
		}
		h.PAXRecords["SCHILY.xattr."+name] = value
	}
	return h
}

// Busybox is the base layer of a small system: busybox-static of this machine,
// a link for each of its programs, the usual directories, and passwd and group
// with root, nobody and app (1000:1000, in group extra, 2000). The test is
// skipped where busybox is not installed.
func Busybox(t testing.TB) []File {
	t.Helper()
	path := testns.RequireProgram(t, "busybox", "busybox-static")
	program, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	list, err := exec.Command(path, "--list").Output()
	if err != nil {
		t.Fatal(err)
	}
	files := []File{
		{Name: "bin/"}, {Name: "etc/"}, {Name: "home/"}, {Name: "home/app/", UID: 1000, GID: 1000},
		{Name: "proc/"}, {Name: "dev/"}, {Name: "sys/"}, {Name: "run/"}, {Name: "usr/"}, {Name: "var/"}, {Name: "var/log/"},
		{Name: "root/", Mode: 0o700}, {Name: "tmp/", Mode: 0o1777}, {Name: "var/tmp/", Mode: 0o1777},
		{Name: "etc/passwd", Text: "root:x:0:0:root:/root:/bin/sh\napp:x:1000:1000:An application:/home/app:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/bin/false\n"},
		{Name: "etc/group", Text: "root:x:0:\napp:x:1000:\nextra:x:2000:app\nnogroup:x:65534:\n"},
		{Name: "bin/busybox", Text: string(program), Mode: 0o755},
	}
	for name := range strings.FieldsSeq(string(list)) {
		if name != "busybox" {
			files = append(files, File{Name: "bin/" + name, Link: "busybox"})
		}
	}
	return files
}
