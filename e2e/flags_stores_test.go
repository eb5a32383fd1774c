package e2e

import (
	"fmt"
	"net"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/imagetest"
)

// Each flag of network create is in what inspect shows; what has no meaning here is
// refused with a reason.
func TestNetworkFlags(t *testing.T) {
	s := begin(t, "services:\n  a: { command: ./probe pause, networks: [front] }\nnetworks: { front: { external: true } }\n")
	s.must("network", "create", "--driver", "bridge", "--ipam-driver", "default", "--subnet", "10.91.0.0/24", "--gateway", "10.91.0.254", "--ip-range", "10.91.0.128/25",
		"--aux-address", "printer=10.91.0.200", "--ipv4=true", "--ipv6", "--attachable", "--internal", "--label", "tier=edge", "--opt", "com.docker.network.driver.mtu=1400",
		"--ipam-opt", "x=y", "--scope", "local", "front")
	s.must("up", "-d")
	out := s.must("network", "inspect", "--verbose", "--format", "{{json .IPAM}} {{.Internal}} {{.Attachable}} {{.EnableIPv6}} {{.Labels}} {{.Options}}", "front")
	for _, want := range []string{`"Subnet":"10.91.0.0/24"`, `"Gateway":"10.91.0.254"`, `"IPRange":"10.91.0.128/25"`, `"printer":"10.91.0.200"`, "true true true", "map[tier:edge]", "mtu:1400"} {
		if !strings.Contains(out, want) {
			t.Errorf("inspect has no %s: %s", want, out)
		}
	}
	if got := s.must("exec", "-T", "a", "cat", "/sys/class/net/eth0/mtu"); got != "1400\n" {
		t.Errorf("mtu inside: %s", got)
	}
	if out := s.must("network", "ls", "--no-trunc", "--format", "{{.Name}} {{.ID}}", "--filter", "label=tier=edge"); !strings.HasPrefix(out, "front ") || len(strings.Fields(out)[1]) != 64 {
		t.Errorf("ls: %q", out)
	}
	for flag, want := range map[string]string{"--config-only": "config", "--config-from=x": "config", "--ingress": "swarm", "--scope=swarm": "swarm"} {
		r := s.compose("network", "create", flag, "other")
		if r.code != 1 || !strings.Contains(r.stderr, want) {
			t.Errorf("%s: exit %d: %s", flag, r.code, r.stderr)
		}
	}
	s.fails(1, []string{"swarm"}, "network", "create", "--ingress", "--config-only", "--config-from", "x", "other")
	s.must("network", "prune", "--force", "--filter", "label=none")
	s.must("down")
	s.must("network", "prune", "--force", "--filter", "label=tier=edge")
	if out := s.must("network", "ls", "--quiet"); out != "" {
		t.Errorf("left: %q", out)
	}
	s.must("network", "rm", "--force", "front")
}

// Volumes are made, found and pruned by their labels.
func TestVolumeFlags(t *testing.T) {
	s := begin(t, "services:\n  a: { command: ./probe pause, volumes: ['data:/data', '/anon'] }\nvolumes: { data: {} }\n")
	s.must("up", "-d")
	s.must("volume", "create", "--driver", "local", "--label", "keep=yes", "--opt", "type=tmpfs", "--opt", "device=tmpfs", "own")
	s.must("volume", "create", "--label", "keep=no", "spare")
	if out := s.must("volume", "ls", "--format", "{{.Name}} {{.Labels}}", "--filter", "label=keep"); out != "own keep=yes\nspare keep=no\n" {
		t.Errorf("ls: %q", out)
	}
	if out := s.must("volumes", "--format", "json", "--quiet"); strings.TrimSpace(out) != s.project+"_data" {
		t.Errorf("volumes: %q", out)
	}
	if out := s.must("volume", "inspect", "--format", "{{.Driver}} {{.Options}}", "own"); out != "local map[device:tmpfs type:tmpfs]\n" {
		t.Errorf("inspect: %q", out)
	}
	s.must("volume", "prune", "--force", "--all", "--filter", "label=keep=no")
	if out := s.must("volume", "ls", "--quiet", "--filter", "name=spare"); out != "" {
		t.Errorf("prune left %q", out)
	}
	s.fails(1, []string{"is in use"}, "volume", "rm", s.project+"_data")
	s.must("volume", "rm", "--force", "own", "nobody")
}

// Images are listed, described and removed by docker's flags.
func TestImageFlags(t *testing.T) {
	s := begin(t, "services:\n  a: { image: base:1, command: sleep 1000, stop_grace_period: 1s }\n")
	s.image("base.tar", "base:1", imagetest.Config{Labels: map[string]string{"made": "here"}})
	s.must("image", "load", "--quiet", "--input", "base.tar")
	s.must("up", "-d")
	s.must("export", "--output", "root.tar", "a")
	s.fails(1, []string{"this machine is linux/" + runtime.GOARCH}, "image", "import", "--platform", "linux/s390x", "root.tar", "imported:1")
	s.must("image", "import", "--platform", "linux/"+runtime.GOARCH, "--message", "from a tar", "--change", "LABEL made=there", "root.tar", "imported:1")
	if out := s.must("image", "inspect", "--format", "{{.Architecture}} {{.Config.Labels}}", "imported:1"); out != runtime.GOARCH+" map[made:there]\n" {
		t.Errorf("imported: %q", out)
	}
	if out := s.must("image", "ls", "--all", "--digests", "--no-trunc", "--filter", "label=made=here"); !strings.Contains(out, "DIGEST") || !strings.Contains(out, "sha256:") || strings.Contains(out, "imported") {
		t.Errorf("ls:\n%s", out)
	}
	if out := s.must("image", "history", "--no-trunc", "--human=false", "--format", "{{.Size}} {{.Comment}}", "imported:1"); !strings.Contains(out, "from a tar") || strings.Contains(out, "MB") {
		t.Errorf("history: %q", out)
	}
	s.must("image", "save", "--platform", "linux/"+runtime.GOARCH, "--output", "saved.tar", "imported:1")
	s.must("image", "tag", "imported:1", "imported:2")
	s.must("image", "rm", "--no-prune", "imported:2")
	if out := s.must("image", "prune", "--all", "--force", "--filter", "label=made=nowhere"); !strings.Contains(out, "0B") {
		t.Errorf("prune of nothing: %q", out)
	}
	s.must("image", "prune", "--all", "--force", "--filter", "label=made=there")
	if out := s.must("image", "ls", "--quiet"); strings.Count(out, "\n") != 1 {
		t.Errorf("left: %q", out)
	}
	s.must("system", "df", "--verbose", "--format", "json")
	s.must("system", "prune", "--all", "--force", "--volumes", "--filter", "label=none")
	if got := s.state("a-1"); got != "running" {
		t.Errorf("pruned away: %q", got)
	}
}

// Flags of build that change nothing are taken, and the ones with a wish in them are
// answered; an SSH agent is there for the steps that ask for it.
func TestBuildFlags(t *testing.T) {
	requireIDs(t)
	s := begin(t, "services:\n  a:\n    build: .\n    command: sleep 1000\n")
	s.withBusybox(".")
	s.write("Dockerfile", busyboxBase+"FROM base\nARG WORD\nRUN --mount=type=ssh test -S \"$SSH_AUTH_SOCK\" && echo $WORD > /word\n")
	agent := filepath.Join(filepath.Dir(s.dir), "agent.sock")
	l, err := net.Listen("unix", agent)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	r := s.compose("build", "--builder", "other", "--memory", "1g", "--provenance", "true", "--sbom", "true", "--compress", "--force-rm", "--no-rm=false", "--parallel",
		"--no-cache", "--pull=false", "--build-arg", "WORD=given", "--ssh", "default="+agent, "--with-dependencies", "--progress", "plain", "a")
	if r.code != 0 {
		t.Fatalf("build: exit %d\n%s", r.code, r.stderr)
	}
	for _, flag := range []string{"--builder", "--memory", "--provenance", "--sbom"} {
		if n := strings.Count(r.stderr, flag+" has no effect"); n != 1 {
			t.Errorf("%s is answered %d times:\n%s", flag, n, r.stderr)
		}
	}
	if out := s.must("run", "--rm", "-q", "-T", "a", "cat", "/word"); out != "given\n" {
		t.Errorf("the image has %q", out)
	}
	for _, line := range []string{"builder prune --force --all --filter until=240h --max-used-space 10GB", "builder prune -f --keep-storage 10GB", "builder prune -f --reserved-space 10GB"} {
		if out := s.must(strings.Fields(line)...); !strings.Contains(out, "reclaimed space: 0B") {
			t.Errorf("%s took something away: %s", line, out)
		}
	}
	s.must("pull", "--ignore-buildable", "--parallel", "--no-parallel", "--quiet", "--include-deps")
	s.write("compose.yaml", fmt.Sprintf("services:\n  a: { build: ., image: '127.0.0.1:1/a:1', command: sleep 1000, depends_on: [b] }\n  b: { command: ./probe pause }\n"))
	s.must("push", "--include-deps", "--ignore-push-failures", "--quiet", "b")
}
