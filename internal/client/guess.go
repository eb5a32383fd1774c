package client

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"

	"github.com/mocker-compose/mocker-compose/project/locate"
)

// guessLimit bounds what is read of a compose file to find its name, in bytes.
const guessLimit = 8 << 20

// Guess names the project of the working directory without parsing its files:
// by flag or environment, else by a plain top-level `name:` line, else by the
// directory. A name that was only read off the files counts if the project of
// that name exists and was brought up from exactly these files; otherwise ok
// is false and the loader must decide.
func (e *Env) Guess(ctx context.Context) (t Target, ok bool) {
	if name := e.Global.ProjectName; name != "" && len(e.Global.Files) == 0 {
		return Target{Name: name}, CheckName(name) == nil
	}
	name, ok := e.guess(ctx)
	return Target{Name: name, Unread: true}, ok
}

func (e *Env) guess(ctx context.Context) (name string, ok bool) {
	if name, err := e.Name(); err != nil || name != "" {
		return name, err == nil
	}
	found, err := locate.Find(locate.Query{Files: e.Global.Files, ProjectDir: e.Global.ProjectDir,
		EnvFiles: e.Global.EnvFiles, Environ: os.Environ(), Seekable: true})
	if err != nil || len(found.Warnings) > 0 || slices.Contains(found.Files, "-") {
		return "", false
	}
	if name = found.Name; name != "" {
		return name, CheckName(name) == nil
	}
	if name, ok = nameIn(found.Files); !ok {
		return "", false
	}
	if name == "" {
		name = NormalizeName(filepath.Base(found.Dir))
	}
	if CheckName(name) != nil {
		return "", false
	}
	files, err := e.ConfigFiles(ctx, name)
	return name, err == nil && slices.Equal(files, found.Files)
}

// nameIn is the value of the last top-level name in the files, "" without one.
// ok is false when a file is not block-style YAML that we can be sure of.
func nameIn(files []string) (name string, ok bool) {
	for _, file := range files {
		info, err := os.Stat(file)
		if err != nil || !info.Mode().IsRegular() || info.Size() > guessLimit {
			return "", false
		}
		b, err := os.ReadFile(file)
		if err != nil {
			return "", false
		}
		n, ok := topLevelName(b)
		if !ok {
			return "", false
		}
		if n != "" {
			name = n
		}
	}
	return name, true
}

// topLevelName reads lines that begin in the first column: in block style
// nothing but the keys of the top level does. Anything it has no rule for
// (flow style, quotes, tags, variables) makes it give up.
func topLevelName(b []byte) (name string, ok bool) {
	for line := range bytes.Lines(b) {
		line = bytes.TrimRight(line, " \t\r\n")
		if len(line) == 0 || line[0] == ' ' || line[0] == '#' || string(line) == "---" {
			continue
		}
		if c := line[0]; c != '_' && (c|0x20 < 'a' || c|0x20 > 'z') {
			return "", false
		}
		value, has := bytes.CutPrefix(line, []byte("name:"))
		if !has {
			if bytes.HasPrefix(line, []byte("name")) {
				return "", false
			}
			continue
		}
		value, _, _ = bytes.Cut(value, []byte(" #"))
		if name = string(bytes.TrimSpace(value)); CheckName(name) != nil {
			return "", false
		}
	}
	return name, true
}
