package outline

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"testing"
)

func write(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestRead(t *testing.T) {
	dir := write(t, map[string]string{
		"compose.yaml": `name: demo
include:
  - sub/a.yaml
  - path: [sub/b.yaml, missing.yaml]
  - ${SOMEWHERE}/c.yaml
x-base: &base {image: a, profiles: [inherited]}
services:
  web: {image: "${NEEDED?no}", profiles: [front, debug], bogus: 1}
  db:
    <<: *base
networks: {front: , back: {}}
volumes:
  data:
models: {llm: {model: x}}
`,
		"override.yaml": "services:\n  web: {profiles: front}\n  extra:\n---\nvolumes: {late: {}}\n",
		"sub/a.yaml":    "include: [../compose.yaml]\nname: no\nservices:\n  api: {}\n",
		"sub/b.yaml":    "services:\n  worker:\n  broken: [\n",
	})
	got := Read([]string{dir + "/compose.yaml", dir + "/override.yaml", "-", dir + "/none.yaml", dir})
	want := &Outline{Name: "demo", Networks: []string{"back", "front"}, Volumes: []string{"data", "late"}, Models: []string{"llm"},
		Services: []Service{{"api", nil}, {"db", nil}, {"extra", nil}, {"web", []string{"debug", "front"}}}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if p := got.Profiles(); !reflect.DeepEqual(p, []string{"debug", "front"}) {
		t.Errorf("profiles %v", p)
	}
}

// FuzzRead: nothing in a file makes completion fail or hang.
func FuzzRead(f *testing.F) {
	f.Add("services:\n  a: {profiles: [x]}\ninclude: [.]\n")
	f.Add("a: &a [*a, *a]\nservices: *a\n")
	f.Add("services: {? [a] : b, <<: {c: }}\nname: [x]\n")
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, text string) {
		path := filepath.Join(dir, "compose.yaml")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		Read([]string{path})
	})
}

func BenchmarkRead100(b *testing.B) {
	text := "services:\n"
	for n := range 100 {
		text += fmt.Sprintf("  s%d:\n    image: a\n    environment: {A: b, C: d}\n    ports: [\"80%02d:80\"]\n", n, n)
	}
	dir := write(b, map[string]string{"compose.yaml": text})
	for b.Loop() {
		if o := Read([]string{dir + "/compose.yaml"}); len(o.Services) != 100 {
			b.Fatal(len(o.Services))
		}
	}
}
