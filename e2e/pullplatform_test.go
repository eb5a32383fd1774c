package e2e

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/imagetest"
	"github.com/mocker-compose/mocker-compose/internal/registrytest"
)

// TestPullPlatform: platform of a service, the user's default, and this machine's.
func TestPullPlatform(t *testing.T) {
	r := registrytest.New(t, registrytest.Options{})
	own, other := runtime.GOARCH, "s390x"
	r.PushIndex(t, "multi:1", []string{"linux/" + own, "linux/" + other}, []imagetest.Image{sleeper(t, own), sleeper(t, other)}, imagetest.Form{})
	s := begin(t, fmt.Sprintf("services:\n  app: {image: '%s/multi:1', platform: '${ON:-}', stop_grace_period: 1s}\n", r.Host))
	arch := func() string {
		return strings.TrimSpace(s.must("image", "inspect", "--format", "{{.Architecture}}", r.Host+"/multi:1"))
	}
	s.must("pull")
	if got := arch(); got != own {
		t.Errorf("pulled for %s", got)
	}
	s.env = append(s.env, "ON=linux/"+other)
	// The image that is there is for another platform: that is as if it were missing.
	if res := s.compose("up", "--no-start"); res.code != 0 || !strings.Contains(res.stderr, "Pulled") || !strings.Contains(res.stderr, "only with an emulator") || arch() != other {
		t.Errorf("up with a platform: exit %d, %s\n%s", res.code, arch(), res.stderr)
	}
	if res := s.compose("up", "--no-start"); strings.Contains(res.stderr, "Pulling") {
		t.Errorf("pulled again\n%s", res.stderr)
	}
	s.env = append(s.env, "ON=", "DOCKER_DEFAULT_PLATFORM=linux/"+own)
	s.must("up", "-d")
	if got := arch(); got != own {
		t.Errorf("the default platform is %s", got)
	}
	s.env = append(s.env, "DOCKER_DEFAULT_PLATFORM=")
	out := s.must("image", "pull", r.Host+"/multi:1", "--platform", other)
	if arch() != other || !strings.Contains(out, "Status: Downloaded newer image for "+r.Host+"/multi:1\n") || !strings.HasSuffix(out, "\n"+r.Host+"/multi:1\n") {
		t.Errorf("image pull --platform: %s\n%s", arch(), out)
	}
	if out := s.must("image", "pull", "-q", r.Host+"/multi:1"); out != r.Host+"/multi:1\n" {
		t.Errorf("image pull -q prints %q", out)
	}
	s.must("image", "tag", r.Host+"/multi:1", r.Host+"/again:1")
	if out := s.must("image", "push", r.Host+"/again:1"); !strings.HasPrefix(out, "1: digest: sha256:") || strings.Count(out, "\n") != 1 {
		t.Errorf("image push prints %q", out)
	}
}
