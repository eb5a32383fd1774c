package early

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/client"
)

func TestParse(t *testing.T) {
	for line, ours := range map[string]bool{
		"-p demo ps":                         true,
		"-p demo ps -a --format json web":    true,
		"-p demo --progress quiet ps":        true,
		"-p demo ps --format {{.Name}}":      false, // templates are cobra's
		"-p demo ps --orphans=false":         false, // the files count
		"-p demo ps --bogus":                 false,
		"-p demo ps --help":                  false,
		"-p demo ps -h":                      false,
		"--bogus ps":                         false,
		"-p Demo ps":                         false,
		"--progress loud -p demo ps":         false,
		"-p demo exec web sh -c true":        true,
		"-p demo exec -it -e A=b web ls -la": true,
		"-p demo exec web":                   false,
		"-p demo logs -f --tail 5 web":       true,
		"-p demo -f compose.yaml logs -f":    true,
		"ls -a --format json":                true,
		"ls extra":                           false,
		"version --short":                    true,
		"version extra":                      false,
		"-p demo up -d":                      false,
		"-p demo":                            false,
		"-test.v -test.timeout=10m":          false,
		"-p demo down -v -t 0":               true,
		"down":                               false, // the files say what is an orphan
		"-p demo -f x.yaml down":             false,
		"-p demo stop -t 3 web":              true,
		"-p demo start --wait":               true,
		"-p demo restart --no-deps":          true,
		"-p demo kill -s HUP":                true,
		"-p demo kill -x":                    false,
		"-p demo pause web":                  true,
		"-p demo unpause":                    true,
		"-p demo wait":                       false,
		"-p demo wait --down-project web":    true,
		"-p demo attach --no-stdin web":      true,
		"-p demo attach":                     false,
		"-p demo rm -f":                      true,
		"rm -f":                              false, // the files say what is an orphan
		"-p demo run web":                    false,
		"help ps":                            false,
	} {
		env := &client.Env{Getenv: func(string) string { return "" }, Stdout: os.Stdout, Stderr: os.Stderr}
		if got := parse(t.Context(), env, strings.Fields(line)) != nil; got != ours {
			t.Errorf("%q: carried out here: %v, want %v", line, got, ours)
		}
	}
}

func TestUnknownRole(t *testing.T) {
	if code, done := run([]string{"mocker-compose", RoleArg, "nobody"}); code != 2 || !done {
		t.Errorf("code %d, done %v; want 2, true", code, done)
	}
}

// heavy are packages whose initialisation costs, or that only main's way needs.
var heavy = []string{"github.com/santhosh-tekuri/jsonschema", "github.com/spf13/cobra", "compose-go/v2/loader",
	"mocker-compose/project/loader", "net/http"}

// TestOrder runs the real binary and reads which packages were initialised
// before a fast command ended it.
func TestOrder(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the binary")
	}
	bin := filepath.Join(t.TempDir(), "mocker-compose")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", bin, "github.com/mocker-compose/mocker-compose/cmd/mocker-compose")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	trace := func(args ...string) string {
		var stderr bytes.Buffer
		cmd := exec.CommandContext(t.Context(), bin, args...)
		cmd.Dir = t.TempDir()
		cmd.Env = append(os.Environ(), "GODEBUG=inittrace=1", "MOCKER_RUNTIME_DIR="+cmd.Dir+"/run", "MOCKER_DATA_HOME="+cmd.Dir+"/data")
		cmd.Stderr = &stderr
		_ = cmd.Run() // what matters is the trace
		return stderr.String()
	}
	// The test would prove nothing if the slow way did not show up in the trace.
	if slow := trace("config", "--support"); !strings.Contains(slow, "init "+heavy[0]) {
		t.Fatalf("%s is not initialised by config:\n%s", heavy[0], slow)
	}
	for _, args := range [][]string{{"version"}, {"ls"}, {"-p", "demo", "ps"}, {"-p", "demo", "logs"}, {"-p", "demo", "exec", "-T", "web", "true"},
		{RoleArg, "delegate"}} {
		out := trace(args...)
		if !strings.Contains(out, "init github.com/spf13/pflag") {
			t.Fatalf("%q: no trace of our own imports:\n%s", args, out)
		}
		for _, h := range heavy {
			if strings.Contains(out, "init "+h) || strings.Contains(out, h+" @") {
				t.Errorf("%q pays for the initialisation of %s", args, h)
			}
		}
	}
}
