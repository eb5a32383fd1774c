package ocispec

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"

	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/supervisor/kernel"
)

func TestMergeEnv(t *testing.T) {
	got := MergeEnv([]string{"A=1", "B=2", "AB=3"}, []string{"A=x=y", "C=", "B"})
	if want := []string{"AB=3", "A=x=y", "C="}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestWorkingDir(t *testing.T) {
	sc := &kernel.Container{Dir: "/home/me/proj"}
	hostRoot, image := &View{HostRoot: true}, &View{}
	if d := hostRoot.workingDir(sc); d != "/home/me/proj" {
		t.Errorf("on the host's root: %s", d)
	}
	if d := image.workingDir(sc); d != "/" {
		t.Errorf("in an image: %s", d)
	}
	sc.Service.WorkingDir = "/srv"
	if d := hostRoot.workingDir(sc); d != "/srv" {
		t.Errorf("as the file says: %s", d)
	}
}

func TestProcessOptions(t *testing.T) {
	v := &View{Hostname: "abababababab"}
	sc := &kernel.Container{}
	if _, err := v.Process(sc); err == nil {
		t.Error("a service without a command was accepted")
	}
	sc.Service.Entrypoint, sc.Service.Command = []string{"e"}, []string{"c", "d"}
	sc.Service.SecurityOpt = []string{"no-new-privileges=true"}
	p, err := v.Process(sc)
	if err != nil || !p.NoNewPrivileges || !slices.Equal(p.Args, []string{"e", "c", "d"}) || len(p.Capabilities.Bounding) != 14 {
		t.Errorf("%+v %v", p, err)
	}
	if !slices.Contains(p.Env, "HOSTNAME=abababababab") {
		t.Errorf("environment %q", p.Env)
	}
	sc.Service.CapAdd = []string{"NO_SUCH"}
	if _, err := v.Process(sc); err == nil {
		t.Error("an unknown capability was accepted")
	}
}

// Root keeps its rights, but for those that the file takes; a privileged one has all.
func TestCapabilities(t *testing.T) {
	for _, c := range []struct {
		svc  project.Service
		has  []string
		lack []string
	}{
		{project.Service{}, []string{"CAP_CHOWN", "CAP_NET_BIND_SERVICE"}, []string{"CAP_SYS_ADMIN"}},
		{project.Service{CapDrop: []string{"ALL"}, CapAdd: []string{"CHOWN"}}, []string{"CAP_CHOWN"}, []string{"CAP_SETUID"}},
		{project.Service{Privileged: true}, []string{"CAP_SYS_ADMIN", "CAP_CHOWN"}, nil},
	} {
		got, err := capabilities(&c.svc)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range c.has {
			if !slices.Contains(got, name) {
				t.Errorf("%+v: %s is missing of %q", c.svc, name, got)
			}
		}
		for _, name := range c.lack {
			if slices.Contains(got, name) {
				t.Errorf("%+v: %s is there", c.svc, name)
			}
		}
	}
}

// The paths of the kernel that tell of the machine are hidden, unless the file wants to see them.
func TestMaskedPaths(t *testing.T) {
	v := &View{}
	for _, c := range []struct {
		svc    project.Service
		masked bool
	}{
		{project.Service{}, true},
		{project.Service{Privileged: true}, false},
		{project.Service{SecurityOpt: []string{"systempaths=unconfined"}}, false},
	} {
		c.svc.Command = []string{"x"}
		s, err := v.Spec(&kernel.Container{Service: c.svc})
		if err != nil || (len(s.Linux.MaskedPaths) > 0) != c.masked {
			t.Errorf("%+v: %q, %v", c.svc, s.Linux.MaskedPaths, err)
		}
	}
}

// What a service's user is where there is one id, and where it is looked up.
func TestSetUser(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "etc"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "etc", "passwd"), []byte("app:x:7:8::/home/app:/bin/sh\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	root, err := os.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	sc := &kernel.Container{Service: project.Service{User: "app"}}
	p := &specs.Process{Env: []string{"A=1"}}
	if err := (&View{}).SetUser(sc, root, p); err != nil || p.User.UID != 7 || p.User.GID != 8 || !slices.Contains(p.Env, "HOME=/home/app") {
		t.Errorf("%+v %v", p, err)
	}
	if err := (&View{SingleID: true}).SetUser(sc, root, p); err == nil {
		t.Error("with one id there is user 7")
	}
}
