package treetest

import (
	"strings"
	"testing"
)

// layer says what the packages below dir must not import, and why.
type layer struct {
	dir    string
	except []string // parts of dir to which the rule does not apply
	forbid []string // our packages, relative to the module, or others in full
	reason string
}

var layers = []layer{
	{
		dir: "project", except: []string{"project/loader"},
		forbid: []string{"cmd", "internal", "netstack", "project/loader", "rootless", "supervisor"},
		reason: "the model is pure: everybody shares it, it knows nobody",
	},
	{
		dir:    "internal/plan",
		forbid: []string{"cmd", "netstack", "project/loader", "rootless", "supervisor", "internal/state", "internal/wire"},
		reason: "a plan is computed from a project and what was observed, without the machine",
	},
	{
		dir:    "supervisor",
		forbid: []string{"cmd", "netstack", "project/loader", "rootless"},
		reason: "the supervisor sees the kernel only through its Runtime interface, so that it is tested without one",
	},
	{
		dir:    "rootless",
		forbid: []string{"cmd", "netstack", "project", "supervisor", "internal/plan"},
		reason: "sandboxes take their own small specs and know no compose file",
	},
	{
		dir:    "netstack",
		forbid: []string{"cmd", "rootless", "project", "supervisor", "internal/plan"},
		reason: "networks take their own small specs and know no compose file",
	},
	{
		dir:    "internal/build/dockerfile",
		forbid: []string{"cmd", "rootless", "netstack", "project", "internal/client", "internal/registry", "internal/build/solve", "internal/build/worker", "internal/build/contexts", "os", "net", "syscall", "golang.org/x/sys/unix"},
		reason: "a Dockerfile is read without the machine: images, environment and ignore files come through functions",
	},
	{
		dir: "internal", except: []string{"internal/treetest"},
		forbid: []string{"cmd", "project/loader", "github.com/compose-spec/compose-go/v2", "github.com/spf13/cobra"},
		reason: "these packages start before the compose loader, which costs milliseconds",
	},
	{
		dir: "internal", except: []string{"internal/image/archive", "internal/image/ingest", "internal/registry", "internal/registrytest", "internal/treetest"},
		forbid: []string{"internal/image/archive", "internal/image/ingest", "github.com/google/go-containerregistry"},
		reason: "who reads images from archives is a process of its own, who reads them from registries no process that starts often, and the library is slow to initialise",
	},
}

func TestLayers(t *testing.T) {
	for _, l := range layers {
		t.Run(strings.ReplaceAll(l.dir, "/", "_"), func(t *testing.T) {
			for _, s := range sources(t) {
				if s.test || !within(s.dir, l.dir) || excepted(s.dir, l.except) {
					continue
				}
				for _, imp := range s.imports() {
					if bad := forbidden(imp, l); bad != "" {
						t.Errorf("%s imports %s: %s must not import %s: %s", s.path, imp, l.dir, bad, l.reason)
					}
				}
			}
		})
	}
}

func excepted(dir string, except []string) bool {
	for _, e := range except {
		if within(dir, e) {
			return true
		}
	}
	return false
}

func forbidden(imp string, l layer) string {
	ours, isOurs := strings.CutPrefix(imp, module+"/")
	for _, f := range l.forbid {
		if isOurs && within(ours, f) || within(imp, f) {
			return f
		}
	}
	return ""
}

// Helpers for tests must not reach the program.
func TestNoTestHelpersInProgram(t *testing.T) {
	helpers := []string{"testing"}
	for _, dir := range []string{"testns", "hostiletest", "imagetest", "registrytest", "worldtest", "layer/hazard"} {
		helpers = append(helpers, module+"/internal/"+dir)
	}
	for _, s := range sources(t) {
		if s.test || within(s.dir, "internal/testns") || within(s.dir, "internal/treetest") || within(s.dir, "internal/layer/hazard") || within(s.dir, "e2e") || strings.HasSuffix(s.dir, "test") {
			continue
		}
		for _, imp := range s.imports() {
			for _, h := range helpers {
				if imp == h {
					t.Errorf("%s imports %s, which is for tests", s.path, imp)
				}
			}
		}
	}
}

func TestForbiddenFindsWhatItShould(t *testing.T) {
	l := layer{forbid: []string{"rootless", "github.com/spf13/cobra"}}
	for imp, want := range map[string]string{
		module + "/rootless":          "rootless",
		module + "/rootless/x":        "rootless",
		module + "/rootlessness":      "",
		"github.com/spf13/cobra":      "github.com/spf13/cobra",
		"github.com/spf13/cobra/doc":  "github.com/spf13/cobra",
		"github.com/spf13/cobra-more": "",
	} {
		if got := forbidden(imp, l); got != want {
			t.Errorf("forbidden(%s) = %q, want %q", imp, got, want)
		}
	}
}
