package dockerfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/moby/patternmatcher"
	"github.com/moby/patternmatcher/ignorefile"
)

// Bounds of an ignore file: every pattern is compared with every file.
const (
	maxIgnoreFile = 1 << 20
	maxPatterns   = 5000
	maxPattern    = 4096 // a path's length (PATH_MAX)
)

// Ignore finds the ignore file of a Dockerfile and reads it: beside the Dockerfile the
// one with its name (app.Dockerfile.dockerignore), else .dockerignore of the context
// (Dockerfile reference, ".dockerignore file"). beside is the Dockerfile's directory, nil
// if it is not in one; base its name there. Which file it was is returned too, "" is none.
func Ignore(context, beside fs.FS, base string) (patterns []string, file string, err error) {
	if beside != nil && base != "" {
		file = base + ".dockerignore"
		patterns, err = readIgnore(beside, file)
	}
	if beside == nil || base == "" || errors.Is(err, fs.ErrNotExist) {
		if context == nil {
			return nil, "", nil
		}
		file = ".dockerignore"
		patterns, err = readIgnore(context, file)
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, "", nil
	case err != nil:
		return nil, file, fmt.Errorf("%s: %w", file, err)
	}
	return patterns, file, nil
}

func readIgnore(dir fs.FS, name string) ([]string, error) {
	f, err := dir.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if st, err := f.Stat(); err == nil && st.IsDir() {
		return nil, errors.New("it is a directory")
	}
	data, err := io.ReadAll(io.LimitReader(f, maxIgnoreFile+1))
	if err != nil {
		return nil, err
	}
	if len(data) > maxIgnoreFile {
		return nil, fmt.Errorf("it is larger than %d bytes", maxIgnoreFile)
	}
	return Patterns(data)
}

// Patterns reads an ignore file, and refuses patterns that mean nothing.
func Patterns(data []byte) ([]string, error) {
	patterns, err := ignorefile.ReadAll(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	if len(patterns) > maxPatterns {
		return nil, fmt.Errorf("%d patterns are more than the %d that are taken", len(patterns), maxPatterns)
	}
	if i := slices.IndexFunc(patterns, func(p string) bool { return len(p) > maxPattern }); i >= 0 {
		return nil, fmt.Errorf("a pattern is longer than %d bytes", maxPattern)
	}
	for _, p := range patterns {
		if _, err := patternmatcher.New([]string{p}); err != nil {
			return nil, fmt.Errorf("%q: %w", short(p), err)
		}
	}
	return patterns, nil
}

// cleaned is a source as patterns see it.
func cleaned(src string) string {
	if out := strings.TrimPrefix(path.Clean("/"+src), "/"); out != "" {
		return out
	}
	return "."
}
