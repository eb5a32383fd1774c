package imageconfig

import (
	"encoding/json"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/image"
	"github.com/mocker-compose/mocker-compose/project"
)

// FuzzApply: whatever the configuration of an image is, it adds anonymous volumes
// only, none of them where the sandbox's own things are, and what the file says
// stays as it is.
func FuzzApply(f *testing.F) {
	for _, seed := range []string{
		`{}`, `{"volumes":["/proc","/proc/../dev/x","../../etc/hosts","","//sys//x","/data","/data/"]}`,
		`{"entrypoint":[""],"cmd":["x"],"env":["A=1","A=2","=","PATH"],"user":"0","labels":{"com.docker.compose.project":"other"}}`,
		`{"healthcheck":{"test":["NONE"]},"shell":["/bin/sh","-c"],"exposed_ports":["80/tcp","x","-1"]}`,
		`{"healthcheck":{"test":[]}}`, `{"healthcheck":{"test":["CMD-SHELL"]},"shell":[""]}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var c image.Config
		if json.Unmarshal(data, &c) != nil {
			return
		}
		file := project.Service{
			Name: "web", Image: "x", Privileged: false, User: "7", Command: []string{"run"}, Environment: []string{"A=file"},
			Labels: map[string]string{"mine": "1"}, Mounts: []project.Mount{{Type: project.MountBind, Source: "/srv", Target: "/data"}},
		}
		got, _ := Apply(file, &c)
		if got.User != "7" || got.Labels["mine"] != "1" || !slices.Equal(got.Command, []string{"run"}) || !slices.Contains(got.Environment, "A=file") || got.Name != "web" || got.Privileged {
			t.Errorf("the file's words were changed: %+v", got)
		}
		for _, m := range got.Mounts[1:] {
			if m.Type != project.MountVolume || m.Source != "" || m.Target != path.Clean(m.Target) || !path.IsAbs(m.Target) || m.Target == "/data" {
				t.Errorf("a mount that is no anonymous volume: %+v", m)
			}
			for _, own := range []string{"/proc", "/sys", "/dev"} {
				if m.Target == own || strings.HasPrefix(m.Target, own+"/") || m.Target == "/" || m.Target == "/etc" {
					t.Errorf("a volume over the sandbox's own: %s", m.Target)
				}
			}
		}
		if n := slices.IndexFunc(got.Environment, func(kv string) bool { return strings.HasPrefix(kv, "A=") && kv != "A=file" }); n >= 0 {
			t.Errorf("the image's %q beside the file's", got.Environment[n])
		}
		if h := got.HealthCheck; h != nil && len(h.Test) == 0 {
			t.Error("a health check without a test")
		}
		got.ExposedPorts()
	})
}
