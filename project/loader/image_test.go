package loader_test

import (
	"strings"
	"testing"

	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/project/loader"
)

// What image, entrypoint, command and pull_policy become.
func TestImages(t *testing.T) {
	digest := strings.Repeat("ab", 32)
	for _, tt := range []struct{ text, image, notices string }{
		{"image: nginx:1.27", "nginx:1.27", ""},
		{"image: nginx", "nginx", ""},
		{"image: reg.example.org:5000/team/app@sha256:" + digest, "reg.example.org:5000/team/app@sha256:" + digest, ""},
		{"image: " + digest, digest, ""},
		{"image: docker-archive:a.tar", "docker-archive:DIR/a.tar", ""},
		{"image: docker-archive:./a.tar:web:1", "docker-archive:DIR/a.tar:web:1", ""},
		{"image: docker-archive:~/a.tar", "docker-archive:DIR/a.tar", ""},
		{"image: oci-archive:a.tar:v1", "oci-archive:DIR/a.tar:v1", ""},
		{"image: oci:layout", "oci:DIR/layout", ""},
		{"image: rootfs:layout", "rootfs:DIR/layout", ""},
		{"{image: x, pull_policy: never}", "x", ""},
		{"{image: x, pull_policy: missing}", "x", ""},
		{"{image: x, pull_policy: always}", "x", ""},
		{"{image: x, pull_policy: build}", "x", "services.web.pull_policy"},
		{"{image: x, build: .}", "x", ""},
		{"build: .", "demo-web", ""},
		{"{image: x, healthcheck: {interval: 5s}}", "x", ""},
		{"{image: 'rootfs:layout', healthcheck: {interval: 5s}}", "rootfs:DIR/layout", "services.web.healthcheck"},
	} {
		dir := tree(t, "compose.yaml", head+"    "+tt.text+"\n", "a.tar", "x", "layout/index.json", "{}")
		l := mustLoad(t, dir, func(o *loader.Options) { o.Environ = []string{"HOME=" + dir} })
		got := strings.ReplaceAll(l.Project.Services[0].Image, dir, "DIR")
		if got != tt.image || keys(l.Project.Notices) != tt.notices {
			t.Errorf("%s: image %q, notices %s", tt.text, got, keys(l.Project.Notices))
		}
		for _, n := range l.Project.Notices {
			if n.Fate == project.Refused {
				t.Errorf("%s: refused: %+v", tt.text, n)
			}
		}
	}
}

func TestNoEntrypoint(t *testing.T) {
	for text, want := range map[string]bool{
		"command: x": false, "entrypoint: []": true, "entrypoint: ''": true, "entrypoint: x": false,
		"entrypoint:": false, "entrypoint: ['']": false,
	} {
		s := mustLoad(t, tree(t, "compose.yaml", head+"    image: x\n    "+text+"\n")).Project.Services[0]
		if s.NoEntrypoint != want {
			t.Errorf("%s: %v, entrypoint %q", text, s.NoEntrypoint, s.Entrypoint)
		}
	}
}
