package loader_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/project/loader"
)

// tree writes files below a fresh directory: name, content, name, content …
func tree(t testing.TB, files ...string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "demo")
	for i := 0; i < len(files); i += 2 {
		path := filepath.Join(dir, files[i])
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(files[i+1]), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func load(t testing.TB, dir string, change ...func(*loader.Options)) (*loader.Loaded, error) {
	t.Helper()
	o := loader.Options{WorkingDir: dir, Environ: []string{"HOME=/home/u", "USER=u", "UID=1000", "GID=1000", "PWD=" + dir}}
	for _, c := range change {
		c(&o)
	}
	return loader.Load(t.Context(), o)
}

func mustLoad(t testing.TB, dir string, change ...func(*loader.Options)) *loader.Loaded {
	t.Helper()
	l, err := load(t, dir, change...)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// TestGolden compares whole projects with testdata/NAME.json: every conversion
// at once. UPDATE_GOLDEN=1 writes them anew.
func TestGolden(t *testing.T) {
	inputs, err := filepath.Glob("testdata/*.yaml")
	public, _ := filepath.Glob("testdata/public-style/*.yaml")
	inputs = append(inputs, public...)
	if err != nil || len(inputs) == 0 {
		t.Fatalf("no inputs: %v", err)
	}
	for _, in := range inputs {
		t.Run(filepath.Base(in), func(t *testing.T) {
			data, err := os.ReadFile(in)
			if err != nil {
				t.Fatal(err)
			}
			dir := tree(t, "compose.yaml", string(data), "web.env", "FROM_FILE=1\nPORT=9\n", "fs/bin/sh", "")
			l := mustLoad(t, dir)
			out, err := json.MarshalIndent(struct {
				Project  *project.Project
				Warnings []string
			}{l.Project, l.Warnings}, "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			got := strings.ReplaceAll(string(out), dir, "DIR") + "\n"
			golden := strings.TrimSuffix(in, ".yaml") + ".json"
			if os.Getenv("UPDATE_GOLDEN") != "" {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("%s differs; got:\n%s", golden, got)
			}
		})
	}
}

// fault loads one file and returns the *Error it must give.
func fault(t *testing.T, dir string, change ...func(*loader.Options)) *loader.Error {
	t.Helper()
	_, err := load(t, dir, change...)
	var e *loader.Error
	if !errors.As(err, &e) {
		t.Fatalf("want a *loader.Error, got %v", err)
	}
	return e
}
