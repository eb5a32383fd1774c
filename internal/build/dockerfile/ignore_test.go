package dockerfile

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

func TestIgnore(t *testing.T) {
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	context := fstest.MapFS{
		".dockerignore":               file("\ufeff# comment\n*.log\n\n  !keep.log  \n/abs/path/\n"),
		"app.Dockerfile.dockerignore": file("own\n"),
	}
	other := fstest.MapFS{"Dockerfile.dockerignore": file("beside\n")}
	bare := fstest.MapFS{"x": file("")}
	for _, c := range []struct {
		name     string
		context  fstest.MapFS
		beside   fstest.MapFS
		base     string
		patterns []string
		file     string
	}{
		{"of the context", context, context, "Dockerfile", []string{"*.log", "!keep.log", "abs/path"}, ".dockerignore"},
		{"of the Dockerfile", context, context, "app.Dockerfile", []string{"own"}, "app.Dockerfile.dockerignore"},
		{"beside a Dockerfile elsewhere", context, other, "Dockerfile", []string{"beside"}, "Dockerfile.dockerignore"},
		{"none", bare, bare, "Dockerfile", nil, ""},
	} {
		patterns, file, err := Ignore(c.context, c.beside, c.base)
		if err != nil || file != c.file || !slices.Equal(patterns, c.patterns) {
			t.Errorf("%s: %q of %q, %v", c.name, patterns, file, err)
		}
	}
	if p, file, err := Ignore(context, nil, ""); err != nil || file != ".dockerignore" || len(p) != 3 {
		t.Errorf("without a Dockerfile's directory: %q %q %v", p, file, err)
	}
	if _, _, err := Ignore(nil, nil, ""); err != nil {
		t.Error(err)
	}
}

func TestIgnoreRefuses(t *testing.T) {
	for text, part := range map[string]string{
		"[":                               `"[": syntax error`,
		"!":                               "illegal exclusion",
		strings.Repeat("x\n", 6000):       "patterns",
		strings.Repeat("x", 5000) + "\n":  "longer",
		strings.Repeat("xxxx\n", 300_000): "larger",
	} {
		context := fstest.MapFS{".dockerignore": {Data: []byte(text)}}
		if _, file, err := Ignore(context, nil, ""); err == nil || !strings.Contains(err.Error(), part) || file == "" {
			t.Errorf("%.20q: %q %v, wanted %q", text, file, err, part)
		}
	}
	if _, _, err := Ignore(fstest.MapFS{".dockerignore/x": {}}, nil, ""); err == nil || !strings.Contains(err.Error(), "directory") {
		t.Errorf("a directory: %v", err)
	}
}
