package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/imagetest"
	"github.com/mocker-compose/mocker-compose/internal/registrytest"
)

// parts are what the store has of blobs whose pull was interrupted.
func (s *scenario) parts() (names []string, size int64) {
	found, _ := filepath.Glob(filepath.Join(s.dirs.Images(), "downloads", "*.part"))
	for _, f := range found {
		if st, err := os.Stat(f); err == nil {
			names, size = append(names, filepath.Base(f)), size+st.Size()
		}
	}
	return names, size
}

// TestPullGoesOn: a pull that is killed, or ended by Ctrl-C, in the middle of a
// layer leaves what has come of it, and nothing that can be seen; the next one
// asks for the rest only.
func TestPullGoesOn(t *testing.T) {
	r := registrytest.New(t, registrytest.Options{})
	s := begin(t, fmt.Sprintf("services:\n  app: {image: '%s/app:${TAG:-1}', stop_grace_period: 1s}\n", r.Host))
	for n, sig := range []syscall.Signal{syscall.SIGKILL, syscall.SIGINT} {
		tag := fmt.Sprint(n + 1)
		s.env = append(s.env, "TAG="+tag)
		img := sleeper(t, tag)
		img.Layers = append(img.Layers, []imagetest.File{{Name: "big", Text: strings.Repeat("it is big "+tag, 300_000), UID: 7, GID: 8}})
		p := r.Push(t, "app:"+tag, img, imagetest.Form{Compression: "none"})
		blob := "/blobs/" + p.Layers[2].Digest
		r.Fault("GET", blob, registrytest.Stall(1<<20))
		f := s.background("pull")
		s.eventually("a part", func() bool { _, size := s.parts(); return size == 1<<20 })
		f.kill(sig)
		code := f.code()
		if sig == syscall.SIGINT && code != 130 {
			t.Errorf("after Ctrl-C: exit %d\n%s", code, f.out.String())
		}
		s.eventually("the end of what unpacks", func() bool { return s.loading() == "" })
		if out := s.must("image", "ls", "-q"); tag == "1" && out != "" {
			t.Errorf("an image that is not whole is seen: %s", out)
		}
		r.Reset()
		s.must("pull")
		if q := r.Requests(t, "GET", blob); len(q) != 1 || q[0].Range != "bytes=1048576-" {
			t.Errorf("%s: asked for %+v", sig, q)
		}
		if names, _ := s.parts(); len(names) != 0 {
			t.Errorf("left: %q", names)
		}
	}
	s.must("up", "-d", "--wait")
	if out := s.must("exec", "-T", "app", "sh", "-c", "stat -c '%u:%g %s' /big; cat /etc/version"); out != "7:8 3300000\n2\n" {
		t.Errorf("in the container: %s", out)
	}
}

// TestPullRefused: what a registry does wrong is said, the command fails, and the
// store has nothing of it.
func TestPullRefused(t *testing.T) {
	r := registrytest.New(t, registrytest.Options{Auth: registrytest.Basic, Users: map[string]string{"ann": "secret"}})
	img := sleeper(t, "x")
	p := r.Push(t, "app:1", img, imagetest.Form{})
	s := begin(t, fmt.Sprintf("services:\n  app: {image: '%s/app:1'}\n", r.Host))
	s.fails(1, []string{"unauthorized", "mocker-compose login " + r.Host}, "pull")
	config := filepath.Join(filepath.Dir(s.dir), "docker")
	if err := os.MkdirAll(config, 0o755); err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprintf(`{"auths": {%q: {"username": "ann", "password": "secret"}}}`, r.Host)
	if err := os.WriteFile(filepath.Join(config, "config.json"), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	s.env = append(s.env, "DOCKER_CONFIG="+config)
	wrong := make([]byte, len(p.Layers[1].Data))
	for fault, words := range map[string]string{"bytes": "nothing of it was kept", "type": "it came as"} {
		r.Reset()
		switch fault {
		case "bytes":
			r.Fault("GET", p.Layers[1].Digest, registrytest.Body("", wrong))
		case "type":
			r.Fault("GET", "/manifests/", registrytest.MediaType("application/vnd.oci.image.index.v1+json"))
		}
		s.fails(1, []string{words}, "pull")
		// The other layer may have come whole, which the next pull goes on with.
		if names, _ := s.parts(); slices.Contains(names, strings.TrimPrefix(p.Layers[1].Digest, "sha256:")+".part") {
			t.Errorf("%s: left: %q", fault, names)
		}
	}
	r.Reset()
	if out := s.must("image", "ls", "-q"); out != "" {
		t.Errorf("in the store: %s", out)
	}
	s.must("pull")
}
