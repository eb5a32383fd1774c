package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/hostiletest"
)

// Every hostile root file system, started as a service by a plain user, reads,
// writes and mounts nothing outside; it starts, or is refused with the name of
// what is in the way. The control is TestNaiveLoses of internal/hostiletest.
func TestHostileRoots(t *testing.T) {
	s := begin(t, "services: {}\n")
	for i, c := range hostiletest.Cases() {
		t.Run(c.Name, func(t *testing.T) {
			s, service := s.in(t), fmt.Sprintf("s%d", i)
			s.attack(&c, service, func(tree *hostiletest.Tree) {
				s.write("compose.yaml", hostileCompose(&c, tree, service))
			})
		})
	}
}

// attack plants a case, starts it as a service of the file that write makes, and
// looks what it reached.
func (s *scenario) attack(c *hostiletest.Case, service string, write func(*hostiletest.Tree)) {
	s.t.Helper()
	t := s.t
	dir := filepath.Join(s.dir, service)
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	tree := hostiletest.MakeAt(t, c, dir)
	if err := copyFile(filepath.Join(tree.Root, "probe"), built.probe); err != nil {
		t.Fatal(err)
	}
	s.write(service+"/file", "mine\n")
	write(tree)
	before, err := tree.Canary.Sum()
	if err != nil {
		t.Fatal(err)
	}
	r := s.compose("up", "-d", "--remove-orphans")
	text := r.stdout + r.stderr
	if r.code == 0 {
		s.eventually("it has ended", func() bool { return s.ps()[service+"-1"].State == "exited" })
		text += strings.Join(s.logLines(service), "\n")
		if c.Entrypoint == "" && !strings.Contains(text, "attacked") {
			t.Errorf("it neither ran nor was refused:\n%s", text)
		}
	} else if !slices.ContainsFunc(c.Names, func(n string) bool { return strings.Contains(r.stderr, n) }) {
		t.Errorf("refused (%d) without naming %q:\n%s", r.code, c.Names, r.stderr)
	}
	if strings.Contains(text, hostiletest.Token) {
		t.Errorf("something was read outside:\n%s", text)
	}
	if after, err := tree.Canary.Sum(); err != nil || before != after {
		t.Errorf("something was written outside: %v", err)
	}
	t.Logf("exit %d %s", r.code, strings.TrimSpace(r.stderr))
}

// attacks are the arguments of `probe attack`.
func attacks(c *hostiletest.Case, tree *hostiletest.Tree) []string {
	list := []string{"r:/etc/hostname"}
	for _, p := range c.Write {
		list = append(list, "w:"+tree.Canary.Below(p))
	}
	for _, p := range c.Look {
		list = append(list, "r:"+tree.Canary.Below(p))
	}
	return list
}

// hostileCompose is the compose file of one case.
func hostileCompose(c *hostiletest.Case, tree *hostiletest.Tree, service string) string {
	var b, top strings.Builder
	fmt.Fprintf(&b, "services:\n  %s:\n    image: 'rootfs:%s'\n    restart: 'no'\n", service, tree.Root)
	if c.Entrypoint != "" {
		fmt.Fprintf(&b, "    entrypoint: ['%s']\n", c.Entrypoint)
	} else {
		b.WriteString("    entrypoint: [/probe, attack, '" + strings.Join(attacks(c, tree), "', '") + "']\n")
	}
	for key, value := range map[string]string{"working_dir": c.WorkingDir, "user": c.User} {
		if value != "" {
			fmt.Fprintf(&b, "    %s: '%s'\n", key, value)
		}
	}
	if c.Sysctl != "" {
		fmt.Fprintf(&b, "    sysctls: { %s: '4096' }\n", c.Sysctl)
	}
	hostileMounts(&b, &top, c, tree, service)
	return b.String() + top.String()
}

func hostileMounts(b, top *strings.Builder, c *hostiletest.Case, tree *hostiletest.Tree, service string) {
	file := filepath.Join(filepath.Dir(tree.Root), "file")
	var volumes []string
	for _, m := range c.Mounts {
		switch m.Kind {
		case hostiletest.Bind:
			volumes = append(volumes, fmt.Sprintf("{ type: bind, source: '%s', target: '%s' }", tree.Volume, m.Target))
		case hostiletest.File:
			volumes = append(volumes, fmt.Sprintf("{ type: bind, source: '%s', target: '%s' }", file, m.Target))
		case hostiletest.Tmpfs:
			volumes = append(volumes, fmt.Sprintf("{ type: tmpfs, target: '%s' }", m.Target))
		case hostiletest.Volume:
			volumes = append(volumes, fmt.Sprintf("{ type: volume, source: %s, target: '%s' }", service, m.Target))
			fmt.Fprintf(top, "volumes:\n  %s: { driver_opts: { type: none, o: bind, device: '%s' } }\n", service, tree.Volume)
		case hostiletest.Secret:
			fmt.Fprintf(b, "    secrets: [{ source: %s, target: '%s' }]\n", service, m.Target)
			fmt.Fprintf(top, "secrets:\n  %s: { file: '%s' }\n", service, file)
		case hostiletest.Config:
			fmt.Fprintf(b, "    configs: [{ source: %s, target: '%s' }]\n", service, m.Target)
			fmt.Fprintf(top, "configs:\n  %s: { file: '%s' }\n", service, file)
		}
	}
	if len(volumes) > 0 {
		b.WriteString("    volumes:\n      - " + strings.Join(volumes, "\n      - ") + "\n")
	}
}
