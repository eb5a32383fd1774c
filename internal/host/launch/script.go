package launch

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/shellword"
	"github.com/mocker-compose/mocker-compose/supervisor/kernel"
)

// headSize is how much of a program is looked at: the kernel reads as much of a script's
// first line (BINPRM_BUF_SIZE), and linkers put an interpreter's name into the first page.
const headSize = 4096

// Missing says more of a program that is not there according to execve(2), which says the
// same of a program whose interpreter is not there. look opens files of the container; what
// they hold is an image's, and only shown.
func Missing(err error, cwd string, look func(path string) (*os.File, error)) error {
	var e *kernel.StartError
	if !errors.As(err, &e) || e.Stage != "exec" || e.Code != 127 || !strings.Contains(e.Object, "/") {
		return err
	}
	name := e.Object
	if !path.IsAbs(name) {
		name = path.Join(cwd, name)
	}
	head, rerr := firstBytes(name, look)
	switch {
	case errors.Is(rerr, fs.ErrNotExist):
		e.Err = errors.New("no such file or directory")
	case rerr != nil: // the text for both stays
	case bytes.HasPrefix(head, []byte("#!")):
		script(e, name, head, look)
	default:
		if loader := loaderOf(head); loader != "" && absent(loader, look) {
			e.Err = fmt.Errorf("the C library that it was built for is not in the image: %s is missing", shown(loader))
			e.Hint = "build it statically (for Go: CGO_ENABLED=0) or for the image's own C library (Alpine's is musl), or take an image that has that one"
		}
	}
	return err
}

// script tells what is wrong with a first line.
func script(e *kernel.StartError, name string, head []byte, look func(path string) (*os.File, error)) {
	line, _, _ := bytes.Cut(head, []byte("\n"))
	words := strings.Fields(strings.TrimPrefix(string(line), "#!"))
	switch {
	case bytes.HasSuffix(line, []byte("\r")):
		e.Err = errors.New("its lines end as on Windows, so that the first, " + strconv.Quote(string(line[:min(len(line), 80)])) + ", names no interpreter")
		e.Hint = "sed -i 's/\\r$//' " + shellword.Quote(path.Base(name)) + "   (and git config core.autocrlf input, if git made them so)"
	case len(words) > 0 && absent(words[0], look):
		e.Err = fmt.Errorf("its interpreter %s is not in the image", shown(words[0]))
		e.Hint = "install it there, or let the script begin with one that is: #!/bin/sh"
	}
}

// absent tells whether a file is certainly not there.
func absent(name string, look func(path string) (*os.File, error)) bool {
	_, err := firstBytes(name, look)
	return errors.Is(err, fs.ErrNotExist)
}

func firstBytes(name string, look func(path string) (*os.File, error)) ([]byte, error) {
	f, err := look(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil, errors.Join(err, unix.EINVAL)
	}
	head := make([]byte, headSize)
	n, err := io.ReadFull(f, head)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = nil
	}
	return head[:n], err
}

// loaderOf is the interpreter of an ELF program of 64 bits of this machine's byte order (elf(5), PT_INTERP); ""
// = it has none, or it cannot be told.
func loaderOf(head []byte) string {
	const headerSize, entrySize, interp, class64 = 64, 56, 3, 2
	if len(head) < headerSize || !bytes.HasPrefix(head, []byte("\x7fELF")) || head[4] != class64 {
		return ""
	}
	order := binary.NativeEndian
	at, count := order.Uint64(head[32:]), int(order.Uint16(head[56:]))
	for i := range count {
		from := at + uint64(i*entrySize)
		if at > headSize || from+entrySize > uint64(len(head)) {
			break
		}
		entry := head[from:]
		if order.Uint32(entry) != interp {
			continue
		}
		offset, size := order.Uint64(entry[8:]), order.Uint64(entry[32:])
		if offset > uint64(len(head)) || size > uint64(len(head))-offset {
			break
		}
		name, _, _ := strings.Cut(string(head[offset:offset+size]), "\x00")
		return name
	}
	return ""
}

// shown is a name of an image as a terminal may get it.
func shown(name string) string {
	if quoted := strconv.Quote(name[:min(len(name), 100)]); quoted != `"`+name+`"` {
		return quoted
	}
	return name
}
