package dockerfile

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The projects that are built for real (e2e) come to sound graphs. What the rules say of
// them is what their authors would have been told by docker.
func TestProjects(t *testing.T) {
	files, err := filepath.Glob("testdata/projects/*/Dockerfile")
	if err != nil || len(files) < 25 {
		t.Fatalf("%d projects: %v", len(files), err)
	}
	said := map[string]string{
		"java-maven":    "JSONArgsRecommended",
		"gradle":        "", // its SHELL says that it is meant
		"mysql-config":  "LegacyKeyValueFormat SecretsUsedInArgOrEnv",
		"ruby-sinatra":  "LegacyKeyValueFormat",
		"perl-mojo":     "MaintainerDeprecated LegacyKeyValueFormat JSONArgsRecommended",
		"go-api":        "",
		"postgres-init": "",
	}
	for _, path := range files {
		name := filepath.Base(filepath.Dir(path))
		t.Run(name, func(t *testing.T) {
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			in := Input{Data: data, Contexts: map[string]Context{}, Images: anyImage}
			expect, _ := os.ReadFile(filepath.Join(filepath.Dir(path), "expect"))
			for line := range strings.Lines(string(expect)) {
				if rest, ok := strings.CutPrefix(line, "context "); ok {
					name, _, _ := strings.Cut(rest, " ")
					in.Contexts[name] = Context{}
				}
			}
			g, err := Lower(t.Context(), in)
			if err != nil {
				t.Fatal(err)
			}
			sound(t, g)
			var rules []string
			for _, w := range g.Warnings {
				rules = append(rules, w.Rule)
			}
			if got := strings.Join(rules, " "); got != said[name] {
				t.Errorf("%s: %q, wanted %q", name, got, said[name])
			}
		})
	}
}

// BenchmarkLower is a part of every build, also of one that has nothing to do.
func BenchmarkLower(b *testing.B) {
	data, err := os.ReadFile("testdata/projects/rails/Dockerfile")
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := Lower(b.Context(), Input{Data: data, Images: anyImage}); err != nil {
			b.Fatal(err)
		}
	}
}
