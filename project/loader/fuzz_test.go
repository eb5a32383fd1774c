package loader_test

import (
	"errors"
	"os"
	"testing"

	"github.com/mocker-compose/mocker-compose/project/loader"
)

// FuzzLoad: whatever the file, a load ends with a project or an *Error.
func FuzzLoad(f *testing.F) {
	full, err := os.ReadFile("testdata/full.yaml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(full))
	networks, err := os.ReadFile("testdata/networks.yaml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(networks))
	for _, s := range []string{oneService, manyServices(2), "services: []\n", "services: {a: []}\n", "services: {a: {build: [x]}}\n",
		"services: {a: {extends: [x]}}\n", "services: {a: {depends_on: 1}}\n", "services: {a: {networks: x, links: {a: b}}}\n",
		"include: x\n", "include: [{path: {}}]\n", "networks: []\nservices: {a: {}}\n", "volumes: {v: []}\nservices: {a: {volumes: [v:/x]}}\n",
		"services: {a: {volumes: [{type: bind}]}}\n", "services: {a: {ports: [{}]}}\n", "services: {a: {healthcheck: {test: [1]}}}\n",
		"services: {a: !reset {}}\n", "services: {1: {}}\n", "? [a]\n: b\n", "services: {a: {pre_start: [x]}}\n", "a: &a\n<<: *a\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		dir := tree(t, "compose.yaml", text)
		l, err := load(t, dir)
		var e *loader.Error
		switch {
		case err == nil && l.Project == nil:
			t.Error("neither project nor error")
		case err != nil && !errors.As(err, &e):
			t.Errorf("%T: %v", err, err)
		case err != nil && e.Message == "":
			t.Error("an error without a message")
		case err == nil:
			for i := range l.Project.Services {
				_ = l.Project.Hash(&l.Project.Services[i])
			}
		}
	})
}
