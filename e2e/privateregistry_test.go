package e2e

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/imagetest"
	"github.com/mocker-compose/mocker-compose/internal/registrytest"
)

// TestPrivateRegistry: up, a build's base, and push with a registry that wants to know
// who asks: what it says before and after the login.
func TestPrivateRegistry(t *testing.T) {
	requireIDs(t)
	r := registrytest.New(t, registrytest.Options{Auth: registrytest.Token, Users: map[string]string{"ann": "secret", "bob": "other"}, ReadOnly: []string{"bob"}})
	r.Push(t, "team/base:1", sleeper(t, "base"), imagetest.Form{})
	s := begin(t, strings.ReplaceAll(`
services:
  app: {image: 'HOST/team/base:1', stop_grace_period: 1s}
  made:
    image: HOST/team/made:1
    build: {context: ./made, args: {BASE: 'HOST/team/base:1'}}
    profiles: [made]
`, "HOST", r.Host))
	s.write("made/Dockerfile", "ARG BASE\nFROM $BASE\nRUN echo made > /made\n")
	s.env = append(s.env, "DOCKER_CONFIG="+filepath.Join(s.dir, "docker"))
	login := "mocker-compose login " + r.Host
	s.fails(1, []string{login}, "up", "-d")
	s.fails(1, []string{"Dockerfile:2\n", ">>> FROM $BASE", "target made: failed to solve: ", login}, "build", "made")
	if res := s.composeWith("other\n", "login", "-u", "bob", "--password-stdin", r.Host); res.code != 0 {
		t.Fatalf("login: exit %d\n%s", res.code, res.stderr)
	}
	if res := s.compose("up", "-d"); res.code != 0 || !strings.Contains(res.stderr, "Pulled") {
		t.Fatalf("up: exit %d\n%s", res.code, res.stderr)
	}
	if res := s.compose("build", "--pull", "made"); res.code != 0 || !strings.Contains(res.stderr, fmt.Sprintf("[made internal] load metadata for %s/team/base:1\n", r.Host)) {
		t.Fatalf("build: exit %d\n%s", res.code, res.stderr)
	}
	s.fails(1, []string{"team/made:1  Error", "denied"}, "push", "made")
	if res := s.composeWith("secret\n", "login", "-u", "ann", "--password-stdin", r.Host); res.code != 0 {
		t.Fatalf("login: exit %d\n%s", res.code, res.stderr)
	}
	if res := s.compose("push", "made"); res.code != 0 || !strings.Contains(res.stderr, "team/made:1  Pushed\n") {
		t.Errorf("push: exit %d\n%s", res.code, res.stderr)
	}
	s.must("image", "rm", r.Host+"/team/made:1")
	if out := s.must("run", "--rm", "--quiet-pull", "made", "cat", "/made"); out != "made\n" {
		t.Errorf("run of what was pushed: %q", out)
	}
}
