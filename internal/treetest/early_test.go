package treetest

import (
	"bytes"
	"os/exec"
	"strings"
	"testing"
)

// heavy are packages whose initialisation, or whose own dependencies, cost too
// much for a program that must have done its work in some milliseconds.
var heavy = []string{
	"github.com/compose-spec/compose-go",
	"github.com/santhosh-tekuri/jsonschema",
	"github.com/spf13/cobra",
	"github.com/google/go-containerregistry",
	"github.com/distribution/reference",
	"net/http",
	"text/template",
	"html/template",
}

// The roles (holders, supervisor) and the fast commands run from the
// initialisation of internal/early, before the compose loader's packages are
// initialised. That holds only while nothing below it needs those packages.
func TestEarlyIsLight(t *testing.T) {
	for _, pkg := range []string{"internal/early", "supervisor", "netstack", "rootless"} {
		t.Run(strings.ReplaceAll(pkg, "/", "_"), func(t *testing.T) {
			for _, dep := range deps(t, pkg) {
				for _, h := range heavy {
					if strings.HasPrefix(dep, h) {
						t.Errorf("%s depends on %s, which is too heavy for a process that starts often: find the way with `go list -deps`", pkg, dep)
					}
				}
			}
		})
	}
}

func deps(t *testing.T, pkg string) []string {
	t.Helper()
	goTool, err := exec.LookPath("go")
	if err != nil {
		t.Skip("the go command is not in PATH")
	}
	cmd := exec.CommandContext(t.Context(), goTool, "list", "-deps", "./"+pkg)
	cmd.Dir = root
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list -deps %s: %v\n%s", pkg, err, stderr.String())
	}
	return strings.Fields(string(out))
}
