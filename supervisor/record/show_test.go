package record

import (
	"fmt"
	"strings"
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/internal/state"
	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/supervisor/kernel"
)

func TestLabels(t *testing.T) {
	r := Replica{Container: kernel.Container{
		Project: "demo", Dir: "/srv/demo", Name: "demo-web-2", Number: 2, Hash: "abc",
		Service: project.Service{
			Name:      "web",
			Labels:    map[string]string{"mine": "1", "com.docker.compose.service": "forged"},
			DependsOn: []project.Dependency{{Service: "db", Condition: project.ConditionHealthy, Restart: true}},
		},
	}}
	p := project.Project{Name: "demo", ConfigFiles: []string{"/srv/demo/compose.yaml", "/srv/demo/x.yaml"}}
	got := r.Labels(&p)
	for key, want := range map[string]string{
		"mine":                                    "1",
		"com.docker.compose.project":              "demo",
		"com.docker.compose.service":              "web",
		"com.docker.compose.container-number":     "2",
		"com.docker.compose.config-hash":          "abc",
		"com.docker.compose.oneoff":               "False",
		"com.docker.compose.depends_on":           "db:service_healthy:true",
		"com.docker.compose.project.config_files": "/srv/demo/compose.yaml,/srv/demo/x.yaml",
		"com.docker.compose.project.working_dir":  "/srv/demo",
	} {
		if got[key] != want {
			t.Errorf("%s is %q, want %q", key, got[key], want)
		}
	}
	if len(r.Service.Labels) != 2 {
		t.Error("the service's own labels were changed")
	}
}

func TestNetworks(t *testing.T) {
	for mode, want := range map[string]string{"host": "host", "none": "none", "service:x": "", "": "demo_back demo_own"} {
		r := Replica{Container: kernel.Container{Project: "demo", Name: "demo-web-1", Service: project.Service{NetworkMode: mode}}}
		if mode == "" {
			r.Service.Endpoints = []project.Endpoint{{Network: "back"}, {Network: "own"}}
		}
		c := r.Show(&project.Project{Name: "demo"}, state.Dirs{})
		if got := strings.Join(c.Networks, " "); got != want {
			t.Errorf("network_mode %q: %q, want %q", mode, got, want)
		}
	}
}

// TestDescribe: volumes have the names that docker would list, anonymous ones are counted.
func TestDescribe(t *testing.T) {
	r := Replica{Container: kernel.Container{
		Volumes: map[string]string{"data": "demo_data"},
		Service: project.Service{Mounts: []project.Mount{
			{Type: project.MountVolume, Source: "data", Target: "/data"}, {Type: project.MountVolume, Target: "/anon"},
			{Type: project.MountBind, Source: "/srv/data", Target: "/d"}, {Type: project.MountTmpfs, Target: "/t"},
		}},
	}}
	var c api.Container
	r.Describe(&c, &project.Project{})
	if got := strings.Join(c.Mounts, " "); got != "demo_data /srv/data" || c.Volumes != 2 {
		t.Errorf("mounts %s, %d volumes", got, c.Volumes)
	}
}

// TestEventLabels: an image that was built for another service has that one's labels, which
// say nothing about this container.
func TestEventLabels(t *testing.T) {
	r := Replica{Container: kernel.Container{Name: "demo-web-1", Service: project.Service{Image: "nginx", Labels: map[string]string{"tier": "front", "com.docker.compose.project": "other"}}}}
	if got := fmt.Sprint(r.Attributes("start")); got != "map[image:nginx name:demo-web-1 tier:front]" {
		t.Errorf("attributes %s", got)
	}
}
