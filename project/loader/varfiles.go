package loader

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"
	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/project/loader/document"
	"github.com/mocker-compose/mocker-compose/project/locate"
)

// varFiles looks at files of variables (env_file, label_file) before the library reads
// them. One that can be read once only, a pipe, is read here, and the library gets a copy:
// keepers of passwords offer such files, often the same as .env and for several services.
type varFiles struct {
	l      *load
	copies map[string]*os.File // by the path that the file has in the model
	names  map[string]string   // of the copies, to the path
}

func (l *load) varFiles() *varFiles {
	return &varFiles{l: l, copies: map[string]*os.File{}, names: map[string]string{}}
}

// close gives the copies back.
func (v *varFiles) close() {
	for _, f := range v.copies {
		f.Close()
	}
}

// check names the file and line of one that cannot be read, and puts copies in the places
// of those that the library must not read.
func (v *varFiles) check(m *types.Project) error {
	for _, name := range m.ServiceNames() {
		s := m.Services[name]
		for i := range s.EnvFiles {
			f := &s.EnvFiles[i]
			path, err := v.readable(f.Path, bool(f.Required), f.Format == "raw")
			if err != nil {
				return v.l.fault(v.l.makeIt(f.Path)+", or write required: false", fmt.Sprintf("services.%s.env_file: cannot read %s: %s", name, f.Path, document.Reason(err)), "services", name, "env_file")
			}
			f.Path = path
		}
		for i, f := range s.LabelFiles {
			path, err := v.readable(f, true, false)
			if err != nil {
				return v.l.fault(v.l.makeIt(f)+", or remove the line", fmt.Sprintf("services.%s.label_file: cannot read %s: %s", name, f, document.Reason(err)), "services", name, "label_file")
			}
			s.LabelFiles[i] = path
		}
	}
	return nil
}

// restore gives the model its own paths back.
func (v *varFiles) restore(m *types.Project) {
	if len(v.names) == 0 {
		return
	}
	for _, s := range m.Services {
		for i := range s.EnvFiles {
			s.EnvFiles[i].Path = v.own(s.EnvFiles[i].Path)
		}
		for i := range s.LabelFiles {
			s.LabelFiles[i] = v.own(s.LabelFiles[i])
		}
	}
}

// own is the path in the file of one that the library knows.
func (v *varFiles) own(path string) string {
	if name, ok := v.names[path]; ok {
		return name
	}
	return path
}

// inText is a text with the paths of the file in place of those of the library.
func (v *varFiles) inText(text string) string {
	for name, path := range v.names {
		text = strings.ReplaceAll(text, name, path)
	}
	return text
}

// readable is the path at which the library may read a file, which is within its bounds.
func (v *varFiles) readable(path string, required, raw bool) (string, error) {
	if f := v.copies[path]; f != nil {
		return nameOf(f), nil
	}
	f, err := document.Open(path)
	switch {
	case os.IsNotExist(err) && !required:
		return path, nil
	case errors.Is(err, document.ErrIrregular):
		text, err := v.once(path)
		if err != nil {
			return "", err
		}
		return v.copy(path, text, raw)
	case err != nil:
		return "", err
	}
	defer f.Close()
	text, err := bounded(f)
	if err != nil {
		return "", err
	}
	return path, v.parses(text, raw)
}

// once reads a file that can be read once only, if it was not read for .env.
func (v *varFiles) once(path string) ([]byte, error) {
	if text, ok := v.l.where.Once[path]; ok {
		return text, nil
	}
	f, err := document.OpenAny(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return bounded(f)
}

// copy makes a file in memory of a text, which is there as long as v is open.
func (v *varFiles) copy(path string, text []byte, raw bool) (string, error) {
	if err := v.parses(text, raw); err != nil {
		return "", err
	}
	fd, err := unix.MemfdCreate("variables", unix.MFD_CLOEXEC)
	if err != nil {
		return "", os.NewSyscallError("memfd_create", err)
	}
	f := os.NewFile(uintptr(fd), path)
	if _, err := f.Write(text); err != nil {
		f.Close()
		return "", err
	}
	v.copies[path] = f
	v.names[nameOf(f)] = path
	return nameOf(f), nil
}

// nameOf is a path at which an open file can be opened again (proc(5)).
func nameOf(f *os.File) string { return fmt.Sprintf("/proc/self/fd/%d", f.Fd()) }

func bounded(f *os.File) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(f, document.MaxFileSize+1))
	if err == nil && len(text) > document.MaxFileSize {
		err = errTooLarge
	}
	return text, err
}

// parses refuses what is beyond bounds: the library's parser has none. What else is wrong
// it tells itself.
func (v *varFiles) parses(text []byte, raw bool) error {
	if raw {
		return nil
	}
	var bound *locate.BoundError
	if _, err := locate.ParseEnv(string(text), v.l.lookup); errors.As(err, &bound) {
		return err
	}
	return nil
}
