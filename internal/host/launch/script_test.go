package launch

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/supervisor/kernel"
)

// elf is the head of a program that wants an interpreter.
func elf(loader string) string {
	b := make([]byte, 64+2*56)
	copy(b, "\x7fELF\x02")
	o := binary.NativeEndian
	o.PutUint64(b[32:], 64)
	o.PutUint16(b[56:], 2)
	o.PutUint32(b[64:], 6) // PT_PHDR
	second := b[64+56:]
	o.PutUint32(second, 3) // PT_INTERP
	o.PutUint64(second[8:], uint64(len(b)))
	o.PutUint64(second[32:], uint64(len(loader)+1))
	return string(b) + loader + "\x00"
}

// cutELF says of its interpreter that it is where the file has ended.
func cutELF() string {
	s := elf("/lib/ld.so")
	return s[:len(s)-5]
}

// TestMissing: what execve(2) calls a missing file is told apart: the program, the
// interpreter of a script, its line ends, the loader of a program for another C library.
// What cannot be told, and what an image may say to deceive, leaves the text for all of them.
func TestMissing(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"ok.sh": "#!/bin/sh\necho", "bash.sh": "#!/bin/bash -e\necho", "crlf.sh": "#!/bin/sh\r\necho\r\n", "env.sh": "#! /usr/bin/env python3\n", "odd.sh": "#!/bin/\x1b[31m\n",
		"glibc": elf("/lib64/ld-linux-x86-64.so.2"), "musl": elf("/bin/sh"), "cut": cutELF(), "empty": "", "bin/sh": "", "srv/run": "#!/bin/none\n", "huge": elf(strings.Repeat("x", 9000)),
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := unix.Mkfifo(filepath.Join(dir, "fifo"), 0o644); err != nil {
		t.Fatal(err)
	}
	look := func(path string) (*os.File, error) {
		return os.OpenFile(filepath.Join(dir, path), unix.O_RDONLY|unix.O_NONBLOCK, 0)
	}
	const both = "no such file or directory (or the interpreter that it names is missing)"
	for program, want := range map[string]string{
		"/none": "no such file or directory", "/bash.sh": "its interpreter /bin/bash is not in the image", "./run": "its interpreter /bin/none is not in the image",
		"/crlf.sh": `its lines end as on Windows, so that the first, "#!/bin/sh\r", names no interpreter`,
		"/env.sh":  "its interpreter /usr/bin/env is not in the image", "/odd.sh": `its interpreter "/bin/\x1b[31m" is not in the image`,
		"/glibc": "the C library that it was built for is not in the image: /lib64/ld-linux-x86-64.so.2 is missing",
		"/ok.sh": both, "/musl": both, "/cut": both, "/empty": both, "/fifo": both, "/huge": both, "/srv": both,
	} {
		e, ok := Missing(Explain("execute "+program, unix.ENOENT), "/srv", look).(*kernel.StartError)
		if !ok || e.Error() != "exec "+program+": "+want || e.Hint == "" || e.Code != 127 {
			t.Errorf("got %q (%q)\nwant %q", e, e.Hint, want)
		}
	}
	for _, other := range []error{Explain("execute nginx", unix.ENOENT), Explain("execute /none", unix.EACCES), Explain("enter working directory /none", unix.ENOENT), unix.EIO} {
		before := other.Error()
		if got := Missing(other, "/", look).Error(); got != before {
			t.Errorf("%s became %s", before, got)
		}
	}
}
