package e2e

import (
	"fmt"
	"strings"
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/imagetest"
	"github.com/mocker-compose/mocker-compose/internal/registrytest"
)

// An image is built on a private one, pushed, removed, pulled again by somebody
// who may only pull, and runs: with the same id.
func TestPushScenario(t *testing.T) {
	s, r := atRegistry(t, registrytest.Options{
		Auth: registrytest.Token, Users: map[string]string{"ann": "secret", "bob": "guest"}, ReadOnly: []string{"bob"},
	})
	r.Push(t, "base/box:1", imagetest.Image{Config: imagetest.Config{Env: []string{"PATH=/bin"}}, Layers: [][]imagetest.File{imagetest.Busybox(t)}}, imagetest.Form{})
	s.write("compose.yaml", fmt.Sprintf("services:\n  web:\n    image: %s/team/web:1\n    build: .\n    command: sleep 1000\n", r.Host))
	s.write("Dockerfile", fmt.Sprintf("FROM %s/base/box:1\nCOPY page /srv/page\nRUN chown 7:8 /srv/page && chmod 0640 /srv/page\n", r.Host))
	s.write("page", "hello")
	s.fails(1, []string{"unauthorized", "mocker-compose login " + r.Host}, "build", "--progress", "quiet")
	s.loginAs(t, r.Host, "ann", "secret")
	s.must("build")
	id := strings.TrimSpace(s.must("image", "inspect", "-f", "{{.ID}}", r.Host+"/team/web:1"))

	out := s.compose("push")
	if out.code != 0 || !strings.Contains(out.stderr, "Mounted from base/box") || strings.Count(out.stderr, " Pushed\n") != 3 {
		t.Errorf("push: exit %d\n%s", out.code, out.stderr)
	}
	s.must("image", "prune", "-a", "-f")
	if left := s.must("image", "ls", "-q"); left != "" {
		t.Fatalf("images are left: %s", left)
	}
	s.must("logout", r.Host)
	s.loginAs(t, r.Host, "bob", "guest")
	s.must("pull")
	s.must("up", "-d", "--no-build")
	if got := strings.TrimSpace(s.must("image", "inspect", "-f", "{{.ID}}", r.Host+"/team/web:1")); got != id {
		t.Errorf("pulled: %s, was %s", got, id)
	}
	if got := s.must("exec", "-T", "web", "sh", "-c", "cat /srv/page; stat -c ' %u:%g %a' /srv/page"); got != "hello 7:8 640\n" {
		t.Errorf("inside: %q", got)
	}
	// Who may not push is told so; what is there already is no reason to be silent.
	s.must("image", "tag", r.Host+"/team/web:1", r.Host+"/team/web:2")
	s.write("compose.yaml", fmt.Sprintf("services:\n  web:\n    image: %s/team/web:2\n    build: .\n    command: sleep 1000\n", r.Host))
	s.fails(1, []string{"push access to " + r.Host + "/team/web denied", "config.json do not allow it"}, "push")
	if _, ok := r.Manifest(t, "team/web", "2"); ok {
		t.Error("the tag is there")
	}
}

// loginAs logs in with a password from standard input.
func (s *scenario) loginAs(t *testing.T, host, user, password string) {
	t.Helper()
	if r := s.composeWith(password, "login", "-u", user, "--password-stdin", host); r.code != 0 {
		t.Fatalf("login %s: exit %d\n%s", user, r.code, r.stderr)
	}
}
