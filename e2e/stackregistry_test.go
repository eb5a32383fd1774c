package e2e

import (
	"path"
	"path/filepath"
	"strings"

	"github.com/mocker-compose/mocker-compose/internal/registrytest"
)

// throughRegistry pushes images of the store to a registry that wants to know who asks,
// removes them, and makes it a mirror of docker.io: up then has to pull them under their
// own names. The returned function compares what came with what went.
func (s *scenario) throughRegistry(names ...string) (compare func()) {
	s.t.Helper()
	r := registrytest.New(s.t, registrytest.Options{Auth: registrytest.Token, Users: map[string]string{"ann": "secret"}})
	s.env = append(s.env, "DOCKER_CONFIG="+filepath.Join(s.dir, "docker"), "CONTAINERS_REGISTRIES_CONF="+filepath.Join(s.dir, "registries.conf"))
	s.write("registries.conf", "[[registry]]\nprefix = \"docker.io\"\nlocation = \"docker.io\"\n[[registry.mirror]]\nlocation = \""+r.Host+"\"\n")
	if res := s.composeWith("secret", "login", "-u", "ann", "--password-stdin", r.Host); res.code != 0 {
		s.t.Fatalf("login: exit %d\n%s", res.code, res.stderr)
	}
	id := func(name string) string { return strings.TrimSpace(s.must("image", "ls", "-q", "--no-trunc", name)) }
	ids := map[string]string{}
	for _, name := range names {
		ids[name] = id(name)
		there := r.Host + "/library/" + name
		s.must("image", "tag", name, there)
		s.must("image", "push", "-q", there)
	}
	for _, name := range names {
		s.must("image", "rm", name, r.Host+"/library/"+name)
	}
	r.Reset()
	return func() {
		s.t.Helper()
		for name, was := range ids {
			if got := id(name); was == "" || got != was {
				s.t.Errorf("%s is %q, and %q was pushed", name, got, was)
			}
		}
		// All have one base: it came once.
		blobs := map[string]int{}
		for _, q := range r.Requests(s.t, "GET", "/blobs/") {
			digest := path.Base(q.Path)
			if blobs[digest]++; blobs[digest] > 1 {
				s.t.Errorf("%s was asked for %d times", digest, blobs[digest])
			}
		}
		if len(blobs) < len(names) {
			s.t.Errorf("the registry was asked for %d blobs", len(blobs))
		}
	}
}
