package imageprep

import (
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"github.com/mocker-compose/mocker-compose/internal/client"
)

// TestBuildFlags: arguments and agents, with values of the environment.
func TestBuildFlags(t *testing.T) {
	env := func(name string) (string, bool) { return "env-" + name, name == "SET" }
	for _, tt := range []struct{ line, want, err string }{
		{"--build-arg A=1 --build-arg B= --build-arg SET --build-arg NOT", "A=1 B= SET=env-SET", ""},
		{"--ssh default", "ssh default ", ""},
		{"--ssh=", "ssh default ", ""},
		{"--ssh key=/k", "ssh key /k", ""},
		{"--ssh other", "", "invalid ssh key"},
		{"--build-arg =x", "", "invalid --build-arg"},
		{"--print --check", "", "incompatible"},
	} {
		o := &BuildOptions{}
		fs := pflag.NewFlagSet("", pflag.ContinueOnError)
		o.Register(fs)
		if err := fs.Parse(strings.Fields(tt.line)); err != nil {
			t.Fatal(err)
		}
		got, err := o.options(env)
		if err != nil {
			if tt.err == "" || !strings.Contains(err.Error(), tt.err) {
				t.Errorf("%s: %v", tt.line, err)
			}
			continue
		}
		var words []string
		for _, k := range sorted(got.Args) {
			words = append(words, k+"="+*got.Args[k])
		}
		for _, a := range got.SSH {
			words = append(words, "ssh "+a.ID+" "+a.Path)
		}
		if text := strings.Join(words, " "); text != tt.want || tt.err != "" {
			t.Errorf("%s: %q", tt.line, text)
		}
	}
}

// TestProgressOfBuilds: what counts of -q, --progress before and behind the command,
// and BuildKit's variable.
func TestProgressOfBuilds(t *testing.T) {
	for _, tt := range []struct {
		global, own string
		quiet       bool
		vars, want  string
	}{
		{"auto", "", false, "", "auto"},
		{"plain", "", false, "BUILDKIT_PROGRESS=tty", "plain"},
		{"auto", "", false, "BUILDKIT_PROGRESS=rawjson", "json"},
		{"auto", "", false, "COMPOSE_PROGRESS=plain BUILDKIT_PROGRESS=tty", "auto"},
		{"auto", "plain", false, "", "plain"},
		{"plain", "", true, "", "quiet"},
		{"plain", "loud", false, "", "loud"},
		{"auto", "", false, "BUILDKIT_PROGRESS=loud", "loud"},
	} {
		e := &client.Env{Global: client.Global{Progress: tt.global}, Getenv: func(name string) string {
			for _, v := range strings.Fields(tt.vars) {
				if value, ok := strings.CutPrefix(v, name+"="); ok {
					return value
				}
			}
			return ""
		}}
		err := (&BuildOptions{Quiet: tt.quiet, Progress: tt.own}).setProgress(e)
		if e.Global.Progress != tt.want || (err != nil) != (tt.want == "loud") {
			t.Errorf("%+v: %s, %v", tt, e.Global.Progress, err)
		}
	}
}
