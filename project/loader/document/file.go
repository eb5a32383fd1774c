package document

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"go.yaml.in/yaml/v4"
)

// MaxFileSize bounds one compose file, in bytes.
const MaxFileSize = 8 << 20

// TooMuch is the remedy for files beyond the bounds.
const TooMuch = "nobody needs so much; split the file with include"

// File is one parsed compose file.
type File struct {
	Path string // absolute; "-" = standard input
	Name string // as messages show it: relative to the working directory where that is shorter
	Data []byte
	Docs []*yaml.Node // the root value of each document
	Tags bool         // has !reset or !override
}

// Read reads and parses one file, which may be a pipe: -f <(…).
func Read(path, cwd string, stdin io.Reader) (*File, error) {
	s := &File{Path: path, Name: ShortName(path, cwd)}
	var r io.Reader
	if path == "-" {
		if r = stdin; stdin == nil {
			return nil, &Error{File: "-", Message: "no standard input to read the compose file from"}
		}
	} else {
		f, err := OpenAny(path)
		if err != nil {
			return nil, s.unreadable(err)
		}
		defer f.Close()
		r = f
	}
	data, err := io.ReadAll(io.LimitReader(r, MaxFileSize+1))
	if err != nil {
		return nil, s.unreadable(err)
	}
	if len(data) > MaxFileSize {
		return nil, &Error{File: s.Name, Message: fmt.Sprintf("the compose file is larger than %d MiB", MaxFileSize>>20), Hint: "split it with include"}
	}
	s.Data = data
	return s, s.parse()
}

// OpenAny opens anything but a directory. That of a pipe waits for its writer, and its end
// may never come: whoever reads it bounds what he reads, and can be ended by the user.
func OpenAny(path string) (*os.File, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		return nil, errors.New("it is a directory")
	}
	return os.Open(path)
}

// Open opens a regular file: one that is read more than once.
func Open(path string) (*os.File, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		return nil, errors.New("it is a directory")
	}
	if !info.Mode().IsRegular() {
		return nil, ErrIrregular
	}
	return os.Open(path)
}

// ErrIrregular is the error of Open for what can be read once only, or never ends.
var ErrIrregular = errors.New("it is not a regular file")

func (s *File) unreadable(err error) error {
	e := &Error{File: s.Name, Message: "cannot read the compose file: " + Reason(err), Err: err}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		e.Hint = "name the right file with -f"
	case errors.Is(err, fs.ErrPermission):
		e.Hint = "check it with: ls -l " + s.Path
	}
	return e
}

// Reason is the last part of a file error: the path is told already.
func Reason(err error) string {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err.Error()
	}
	return err.Error()
}

// maxIndicators bounds the characters that can begin a value. The parser
// needs some 200 bytes and 2 us per value, before we see the first.
const maxIndicators = 2 * MaxNodes

// indicators counts the characters that can begin a value; text within a
// value has some too, so it is more than there are values.
func indicators(data []byte) (n int) {
	for _, c := range []string{"\n", ",", ":", "[", "{", "- "} {
		n += bytes.Count(data, []byte(c))
	}
	return n
}

func (s *File) parse() error {
	if indicators(s.Data) > maxIndicators {
		return &Error{File: s.Name, Message: fmt.Sprintf("the file has more than %d values", MaxNodes), Hint: TooMuch}
	}
	dec := yaml.NewDecoder(bytes.NewReader(s.Data))
	budget := newBudget()
	for {
		var n yaml.Node
		err := dec.Decode(&n)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return s.syntaxError(err)
		}
		root := &n
		if n.Kind == yaml.DocumentNode && len(n.Content) == 1 {
			root = n.Content[0]
		}
		if err := budget.spend(root); err != nil {
			return &Error{File: s.Name, Line: err.line, Message: err.message, Hint: cmp.Or(err.hint, TooMuch)}
		}
		s.Tags = s.Tags || budget.tags
		s.Docs = append(s.Docs, root)
	}
}

// ShortName is how messages show a path.
func ShortName(path, cwd string) string {
	if rel, err := filepath.Rel(cwd, path); err == nil && len(rel) < len(path) && filepath.IsAbs(path) {
		return rel
	}
	return path
}
