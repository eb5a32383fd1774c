package rehearsal_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/internal/plan"
	"github.com/mocker-compose/mocker-compose/internal/rehearsal"
	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/supervisor/record"
	"github.com/mocker-compose/mocker-compose/supervisor/states"
)

// lines are what a request would print, a line for each step.
func lines(t *testing.T, live *record.Live, req api.Request) string {
	t.Helper()
	var b strings.Builder
	stage := rehearsal.Stage{Live: live, Say: func(p api.Progress) {
		b.WriteString(strings.TrimRight(p.Name+" "+p.Status+" "+p.Text, " ") + "\n")
	}}
	if err := stage.Perform(&req); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func stepsOf(live *record.Live, t *testing.T, b api.UpRequest) string {
	t.Helper()
	stage := rehearsal.Stage{Live: live, Say: func(api.Progress) {}}
	p, _, err := stage.Plan(&b)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, s := range stage.Steps(p, &b.Project) {
		out = append(out, strings.TrimSpace(s.Name+" "+s.Before))
	}
	return strings.Join(out, ", ")
}

func parse(t *testing.T, text string) *project.Project {
	t.Helper()
	return loadText(t, t.TempDir(), text)
}

const stepsFile = `
name: demo
services:
  web:
    image: nginx
    command: [COMMAND]
    scale: SCALE
    pre_start: [ { command: [once] }, { command: [each], per_replica: true } ]
`

func withSteps(t *testing.T, command, scale string) *project.Project {
	t.Helper()
	return parse(t, strings.NewReplacer("COMMAND", command, "SCALE", scale).Replace(stepsFile))
}

// Steps of pre_start come before the start of what is made anew: those of a service
// once, those of each container for each; not again for what is only started again.
func TestStepsBeforeStarts(t *testing.T) {
	two := withSteps(t, "a", "2")
	done := func(p *project.Project, steps int, state states.State) *record.Live {
		live := running(p)
		for i := range live.Containers {
			live.Containers[i].PreStarted, live.Containers[i].State = steps, state
		}
		return live
	}
	const first = "demo-web-pre_start-0, demo-web-pre_start-1.1 demo-web-1, demo-web-pre_start-1.2 demo-web-2"
	for _, c := range []struct {
		name string
		live *record.Live
		up   api.UpRequest
		want string
	}{
		{"the first up", nil, api.UpRequest{Project: *two}, first},
		{"a second up", done(two, 2, states.Running), api.UpRequest{Project: *two}, ""},
		{"what was only created", done(two, 0, states.Created), api.UpRequest{Project: *two}, first},
		{"half of them done", done(two, 1, states.Exited), api.UpRequest{Project: *two}, "demo-web-pre_start-1.1 demo-web-1, demo-web-pre_start-1.2 demo-web-2"},
		{"what is started again", done(two, 2, states.Exited), api.UpRequest{Project: *two}, ""},
		{"one more", done(two, 2, states.Running), api.UpRequest{Project: *withSteps(t, "a", "3")}, "demo-web-pre_start-1.3 demo-web-3"},
		{"made anew", done(two, 2, states.Running), api.UpRequest{Project: *withSteps(t, "b", "2")}, first},
		{"made and not started", done(two, 2, states.Running), api.UpRequest{Project: *withSteps(t, "b", "2"), NoStart: true}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := stepsOf(c.live, t, c.up); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
	if got := lines(t, done(two, 0, states.Created), api.Request{Op: api.OpStart, Start: &api.StartRequest{}}); !strings.Contains(got, "demo-web-pre_start-0 Exited\ndemo-web-pre_start-1.1 Creating\n") {
		t.Errorf("start says\n%s", got)
	}
}

// A rolling update is told group by group; with start-first, by whom each is followed.
func TestGroupsAreTold(t *testing.T) {
	text := func(command, update string) string {
		return "name: demo\nservices:\n  web:\n    image: nginx\n    command: [" + command + "]\n    scale: 3\n    deploy: { update_config: {" + update + "} }\n"
	}
	up := func(update string) string {
		return lines(t, running(parse(t, text("a", update))), api.Request{Op: api.OpUp, Up: &api.UpRequest{Project: *parse(t, text("b", update))}})
	}
	golden(t, "stop-first", up("parallelism: 2"))
	golden(t, "start-first", up("parallelism: 2, order: start-first"))
}

// Containers that are made anew with -V lose their anonymous volumes, those of the file;
// others do not.
func TestNewVolumesAreTold(t *testing.T) {
	text := func(command string) string {
		return "name: demo\nservices:\n  kept: { image: nginx, volumes: [/kept] }\n  web: { image: nginx, command: [" + command + "], volumes: [/cache, 'data:/data'] }\nvolumes: { data: }\n"
	}
	live := running(parse(t, text("a")))
	golden(t, "new-volumes", lines(t, live, api.Request{Op: api.OpUp, Up: &api.UpRequest{Project: *parse(t, text("b")), RenewVolumes: true}}))
	if got := lines(t, live, api.Request{Op: api.OpUp, Up: &api.UpRequest{Project: *parse(t, text("b"))}}); strings.Contains(got, "volume") {
		t.Errorf("without -V: %s", got)
	}
}

var rewrite = flag.Bool("update", false, "write the golden files")

// golden compares with testdata/NAME.txt.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name+".txt")
	if *rewrite {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil || string(want) != got {
		t.Errorf("%s: %v\n%s", file, err, got)
	}
}

// Containers of a version that did not record what they were made of are compared with
// what the file and the image come to together now: nothing changed, so nothing is done;
// what changed is named.
func TestOlderRecord(t *testing.T) {
	text := func(command, label string) string {
		return "name: demo\nservices:\n  web: { image: nginx, command: [" + command + "], labels: { a: '" + label + "' }, pre_start: [ { command: [x] } ] }\n"
	}
	for _, c := range []struct {
		command, label, want string
		action               plan.Action
	}{
		{"a", "1", "", keep},
		{"a", "2", "labels.a: 1 -> 2", update},
		{"b", "1", "command: [a] -> [b]", recreate},
	} {
		live := running(parse(t, text("a", "1")))
		live.Containers[0].Made, live.Containers[0].PreStarted = nil, 1
		p := planOf(t, live, api.UpRequest{Project: *parse(t, text(c.command, c.label))})
		if o := p.Outcomes[0]; o.Action != c.action || o.Cause != c.want {
			t.Errorf("%s %s: %s %q", c.command, c.label, o.Action, o.Cause)
		}
	}
}
