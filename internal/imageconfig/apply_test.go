package imageconfig

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/image"
	"github.com/mocker-compose/mocker-compose/project"
)

// The table of docker's Dockerfile reference, "how CMD and ENTRYPOINT interact",
// with what a compose file can set on top.
func TestCommand(t *testing.T) {
	words := func(s string) []string { return strings.Fields(s) }
	for _, c := range []struct {
		imageEntrypoint, imageCmd string
		entrypoint, command       string
		none                      bool // the file says entrypoint: []
		want                      string
	}{
		{"", "", "", "", false, "|"},
		{"", "cmd", "", "", false, "|cmd"},
		{"ent", "", "", "", false, "ent|"},
		{"ent", "cmd", "", "", false, "ent|cmd"},
		{"ent", "cmd", "", "file", false, "ent|file"},
		{"", "cmd", "", "file", false, "|file"},
		{"ent", "cmd", "file", "", false, "file|"}, // the image's command was for its entrypoint
		{"ent", "cmd", "file", "args", false, "file|args"},
		{"", "cmd", "file", "", false, "file|"},
		{"ent", "cmd", "", "", true, "|cmd"},
		{"ent", "cmd", "", "file", true, "|file"},
		{"ent", "", "", "", true, "|"},
		{"ent a", "b c", "", "", false, "ent a|b c"},
	} {
		s := project.Service{Entrypoint: words(c.entrypoint), Command: words(c.command), NoEntrypoint: c.none}
		got, _ := Apply(s, &image.Config{Entrypoint: words(c.imageEntrypoint), Cmd: words(c.imageCmd)})
		if text := strings.Join(got.Entrypoint, " ") + "|" + strings.Join(got.Command, " "); text != c.want || got.NoEntrypoint {
			t.Errorf("%+v: %q", c, text)
		}
	}
	got, _ := Apply(project.Service{Entrypoint: []string{""}}, &image.Config{Entrypoint: []string{"ent"}, Cmd: []string{"cmd"}})
	if len(got.Entrypoint) != 0 || len(got.Command) != 0 {
		t.Errorf(`entrypoint: [""] gives %q %q`, got.Entrypoint, got.Command)
	}
}

func TestEnvironment(t *testing.T) {
	for _, c := range []struct{ image, file, want string }{
		{"", "", ""},
		{"A=1 B=2", "", "A=1 B=2"},
		{"", "A=1", "A=1"},
		{"A=1 B=2", "B=3", "A=1 B=3"},
		{"A=1 B=2", "B", "A=1 B"}, // without a value: taken away where the process is made
		{"AB=1", "A=2", "AB=1 A=2"},
		{"A=x=y", "B=1", "A=x=y B=1"},
		{"NOVALUE =nameless", "", ""},
		{"A=", "", "A="},
	} {
		got, _ := Apply(project.Service{Environment: strings.Fields(c.file)}, &image.Config{Env: strings.Fields(c.image)})
		if text := strings.Join(got.Environment, " "); text != c.want {
			t.Errorf("%+v: %q", c, text)
		}
	}
}

func TestHealthCheck(t *testing.T) {
	inImage := &image.Healthcheck{Test: []string{"CMD", "img"}, Interval: 1, Timeout: 2, StartPeriod: 3, StartInterval: 4, Retries: 5}
	whole := &project.HealthCheck{Test: []string{"CMD", "img"}, Interval: 1, Timeout: 2, StartPeriod: 3, StartInterval: 4, Retries: 5}
	none := &project.HealthCheck{Test: []string{"NONE"}}
	for name, c := range map[string]struct {
		image *image.Healthcheck
		shell []string
		file  *project.HealthCheck
		want  *project.HealthCheck
	}{
		"nothing":          {},
		"image's":          {image: inImage, want: whole},
		"file's":           {file: &project.HealthCheck{Test: []string{"CMD", "f"}}, want: &project.HealthCheck{Test: []string{"CMD", "f"}}},
		"a field":          {image: inImage, file: &project.HealthCheck{Interval: time.Second}, want: &project.HealthCheck{Test: []string{"CMD", "img"}, Interval: time.Second, Timeout: 2, StartPeriod: 3, StartInterval: 4, Retries: 5}},
		"only the test":    {image: inImage, file: &project.HealthCheck{Test: []string{"CMD", "f"}}, want: &project.HealthCheck{Test: []string{"CMD", "f"}, Interval: 1, Timeout: 2, StartPeriod: 3, StartInterval: 4, Retries: 5}},
		"disabled":         {image: inImage, file: none, want: none},
		"image says NONE":  {image: &image.Healthcheck{Test: []string{"NONE"}, Interval: 7}, file: &project.HealthCheck{Test: []string{"CMD", "f"}}, want: &project.HealthCheck{Test: []string{"CMD", "f"}}},
		"image NONE alone": {image: &image.Healthcheck{Test: []string{"NONE"}}},
		"fields of none":   {file: &project.HealthCheck{Interval: time.Second}},
		"shell":            {image: &image.Healthcheck{Test: []string{"CMD-SHELL", "a b"}}, shell: []string{"/bin/bash", "-c"}, want: &project.HealthCheck{Test: []string{"CMD", "/bin/bash", "-c", "a b"}}},
		"file's line":      {shell: []string{"/bin/bash", "-c"}, file: &project.HealthCheck{Test: []string{"CMD-SHELL", "a b"}}, want: &project.HealthCheck{Test: []string{"CMD", "/bin/bash", "-c", "a b"}}},
	} {
		got, _ := Apply(project.Service{HealthCheck: c.file}, &image.Config{Healthcheck: c.image, Shell: c.shell})
		if !reflect.DeepEqual(got.HealthCheck, c.want) {
			t.Errorf("%s: %+v, want %+v", name, got.HealthCheck, c.want)
		}
	}
}

func TestRest(t *testing.T) {
	c := &image.Config{User: "app", WorkingDir: "/srv", StopSignal: "SIGQUIT", Labels: map[string]string{"a": "i", "b": "i"}, ExposedPorts: []string{"53/udp", "80/tcp", "81/tcp"}}
	got, _ := Apply(project.Service{Labels: map[string]string{"b": "f"}, Expose: []string{"80"}}, c)
	if got.User != "app" || got.WorkingDir != "/srv" || got.StopSignal != "SIGQUIT" || got.Labels["a"] != "i" || got.Labels["b"] != "f" || !slices.Equal(got.Expose, []string{"80", "53/udp", "81/tcp"}) {
		t.Errorf("%+v", got)
	}
	file := project.Service{User: "0", WorkingDir: "/", StopSignal: "SIGTERM", Labels: map[string]string{"c": "f"}}
	got, _ = Apply(file, c)
	if got.User != "0" || got.WorkingDir != "/" || got.StopSignal != "SIGTERM" || len(file.Labels) != 1 || len(c.Labels) != 2 {
		t.Errorf("%+v, labels %v %v", got, file.Labels, c.Labels)
	}
}

func TestVolumes(t *testing.T) {
	file := []project.Mount{{Type: project.MountBind, Source: "/x", Target: "/data"}, {Type: project.MountTmpfs, Target: "/cache/"}}
	got, notices := Apply(project.Service{Mounts: file}, &image.Config{Volumes: []string{"/cache", "/data", "/data/deep", "/proc", "/proc/sys", "/sys/fs", "/dev", "/", "/etc/hosts", "/procession", "/etc/app", "rel", "/a/../../b"}})
	var targets []string
	for _, m := range got.Mounts[2:] {
		targets = append(targets, m.Target)
		if m.Type != project.MountVolume || m.Source != "" {
			t.Errorf("%+v", m)
		}
	}
	if want := "[/data/deep /procession /etc/app /rel /b]"; fmt.Sprint(targets) != want || len(file) != 2 {
		t.Errorf("%v, want %s", targets, want)
	}
	if len(notices) != 6 {
		t.Errorf("%d notices: %q", len(notices), notices)
	}
}
