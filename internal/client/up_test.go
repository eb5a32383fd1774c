package client_test

import (
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/internal/client"
	"github.com/mocker-compose/mocker-compose/internal/client/clienttest"
	"github.com/mocker-compose/mocker-compose/project"
)

func TestUpOptions(t *testing.T) {
	for line, wrong := range map[string]string{
		"-d --wait --wait-timeout 5":                             "",
		"--build --pull always -y --quiet-pull":                  "",
		"--scale web=2 --attach web --no-attach db":              "",
		"--pull sometimes":                                       "invalid --pull option",
		"--force-recreate --no-recreate":                         "incompatible",
		"-d --exit-code-from web":                                "--detach cannot be combined",
		"-d --attach web":                                        "--detach cannot be combined",
		"--wait --abort-on-container-exit":                       "--wait cannot be combined",
		"--wait-timeout 5":                                       "needs --wait",
		"--abort-on-container-failure --exit-code-from x":        "incompatible",
		"--abort-on-container-failure --abort-on-container-exit": "incompatible",
	} {
		var o client.UpOptions
		fs := pflag.NewFlagSet("up", pflag.ContinueOnError)
		o.Register(fs)
		if err := fs.Parse(strings.Fields(line)); err != nil {
			t.Errorf("%s: %v", line, err)
			continue
		}
		err := client.CheckUpFlags(&o)
		if (err == nil) != (wrong == "") || err != nil && !strings.Contains(err.Error(), wrong) {
			t.Errorf("%s: error %v, want %q", line, err, wrong)
		}
	}
}

func TestUpRequest(t *testing.T) {
	w := clienttest.New(t)
	w.Serve("demo", clienttest.Script(map[api.Op][]api.Answer{api.OpUp: {clienttest.Step("demo-web-1", "Started")}}))
	notice := project.Notice{Fate: project.Degraded, Key: "services.web.mem_limit", Reason: "not enforced"}
	p := &project.Project{Name: "demo", Services: []project.Service{{Name: "web", Scale: 1}}, Disabled: []string{"debug"},
		Notices: []project.Notice{notice, notice, {Fate: project.Ignored, Key: "version", Reason: "obsolete"}, {Fate: project.Honoured, Key: "x"}}}
	w.Environ["COMPOSE_REMOVE_ORPHANS"] = "1"
	target := client.Target{Name: "demo", Project: p}
	o := &client.UpOptions{Detach: true, ForceRecreate: true, NoDeps: true, Timeout: -1, Scale: []string{"web=3"}}
	if err := w.Up(clienttest.Bounded(t), target, o, []string{"web"}); err != nil {
		t.Fatal(err)
	}
	clienttest.WantOutput(t, "stderr", w.Err, "WARN services.web.mem_limit: not enforced\n Container demo-web-1  Started\n")
	r := w.Asked(api.OpUp)[0].Up
	if r.Recreate != api.RecreateForce || !r.NoDeps || !r.RemoveOrphans || r.Timeout != nil || r.Project.Services[0].Scale != 3 || r.Services[0] != "web" {
		t.Errorf("request %+v", r)
	}
	for _, o := range []*client.UpOptions{{ExitCodeFrom: "wbe"}, {Attach: []string{"wbe"}}, {NoAttach: []string{"web", "wbe"}}} {
		if err := w.Up(clienttest.Bounded(t), target, o, nil); err == nil || err.Error() != "no such service: wbe" {
			t.Errorf("up %+v: %v", o, err)
		}
	}
	for want, args := range map[string][]string{"no such service: wbe": {"wbe"}, "is disabled": {"debug"}} {
		if err := w.Up(clienttest.Bounded(t), target, &client.UpOptions{Detach: true}, args); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("up %v: %v, want %q", args, err, want)
		}
	}
	for _, s := range []string{"web", "web=", "web=-1", "nope=2"} {
		if err := w.Up(clienttest.Bounded(t), target, &client.UpOptions{Detach: true, Scale: []string{s}}, nil); err == nil {
			t.Errorf("--scale %s was accepted", s)
		}
	}
}
