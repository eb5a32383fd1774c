package devices

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/types"

	"github.com/mocker-compose/mocker-compose/project"
)

// saying is a Source that keeps what is said.
type saying struct {
	said     []string
	tolerant bool
}

func (s *saying) Fault(hint, message string, _ ...string) error {
	return fmt.Errorf("%s (%s)", message, hint)
}
func (s *saying) Notice(f project.Fate, reason string, key ...string) {
	s.said = append(s.said, string(f)+" "+strings.Join(key, ".")+": "+reason)
}
func (s *saying) Instead(f project.Fate, reason string, key ...string) { s.Notice(f, reason, key...) }
func (s *saying) Said(...string) bool                                  { return false }
func (s *saying) Tolerant() bool                                       { return s.tolerant }

// fake is a machine with these files, each with an owner.
func fake(t *testing.T, files map[string]owner) *machine {
	t.Helper()
	root := t.TempDir()
	for name := range files {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return &machine{root: root, self: func() (int, []int) { return 1000, []int{44, 1000} },
		stat: func(path string) (owner, error) { return files[strings.TrimPrefix(path, root)], nil }}
}

func paths(s *project.Service) string {
	var list []string
	for _, d := range s.Devices {
		list = append(list, d.Source)
	}
	return strings.Join(list, " ")
}

// TestGraphics: which device files a request gives, and what is said of it.
func TestGraphics(t *testing.T) {
	open := owner{mode: 0o666}
	nvidia := map[string]owner{"/dev/nvidia0": open, "/dev/nvidia1": open, "/dev/nvidia10": open, "/dev/nvidiactl": open, "/dev/nvidia-uvm": open, "/dev/nvidia-caps/nvidia-cap1": {mode: 0o400}}
	dri := func(o owner) map[string]owner { return map[string]owner{"/dev/dri/renderD128": o, "/dev/dri/card0": o} }
	gpu := []string{"gpu"}
	for _, tt := range []struct {
		name    string
		files   map[string]owner
		request types.DeviceRequest
		groups  []string
		want    string // paths
		say     string // a part of what is said
	}{
		{"all", nvidia, types.DeviceRequest{Count: -1, Capabilities: gpu}, nil, "/dev/nvidia0 /dev/nvidia1 /dev/nvidia10 /dev/nvidiactl /dev/nvidia-uvm",
			"gives the device files /dev/nvidia0, /dev/nvidia1, /dev/nvidia10, /dev/nvidiactl, /dev/nvidia-uvm and no drivers: their libraries have to be in the image; you may not open /dev/nvidia-caps/nvidia-cap1 (its mode is 0400)"},
		{"a number", nvidia, types.DeviceRequest{Count: 1, Capabilities: gpu}, nil, "/dev/nvidia0 /dev/nvidiactl /dev/nvidia-uvm", "/dev/nvidia0"},
		{"by number", nvidia, types.DeviceRequest{IDs: []string{"1"}, Driver: "nvidia"}, nil, "/dev/nvidia1 /dev/nvidiactl /dev/nvidia-uvm", "/dev/nvidia1"},
		{"by identity", nvidia, types.DeviceRequest{IDs: []string{"GPU-abc"}, Driver: "nvidia"}, nil, "/dev/nvidia0 /dev/nvidia1 /dev/nvidia10 /dev/nvidiactl /dev/nvidia-uvm", "/dev/nvidia10"},
		{"no such number", nvidia, types.DeviceRequest{IDs: []string{"7"}, Driver: "nvidia"}, nil, "", "this machine has no device files of such a graphics processor"},
		{"none", nil, types.DeviceRequest{Count: -1}, nil, "", "this machine has no device files of such a graphics processor: the service runs without one"},
		{"other driver", nvidia, types.DeviceRequest{Driver: "amdgpu"}, nil, "", "this machine has no device files"},
		{"own group", dri(owner{gid: 44, mode: 0o660}), types.DeviceRequest{Count: -1}, nil, "", "without a graphics processor; you may not open /dev/dri/renderD128 (you may by your group: add group_add: [keep-groups])"},
		{"kept group", dri(owner{gid: 44, mode: 0o660}), types.DeviceRequest{Count: -1}, []string{"keep-groups"}, "/dev/dri/renderD128", "/dev/dri/renderD128"},
		{"strange group", dri(owner{gid: 4000001, mode: 0o660}), types.DeviceRequest{Count: -1}, nil, "", "(it is the group's: sudo usermod -aG 4000001 $USER, and group_add: [keep-groups])"},
		{"another's", dri(owner{uid: 5, mode: 0o600}), types.DeviceRequest{}, nil, "", "(its mode is 0600)"},
		{"one's own", dri(owner{uid: 1000, mode: 0o600}), types.DeviceRequest{}, nil, "/dev/dri/renderD128", "/dev/dri/renderD128"},
		{"no graphics", nvidia, types.DeviceRequest{Capabilities: []string{"tpu"}}, nil, "", "there is no driver for the capabilities tpu"},
	} {
		src := &saying{}
		var out project.Service
		s := types.ServiceConfig{Name: "web"}
		s.Gpus, s.GroupAdd = []types.DeviceRequest{tt.request}, tt.groups
		if err := (&reader{src, fake(t, tt.files)}).graphics(s, &out); err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
		if got := paths(&out); got != tt.want {
			t.Errorf("%s: gives %q, want %q", tt.name, got, tt.want)
		}
		if said := strings.Join(src.said, "\n"); !strings.Contains(said, tt.say) || len(src.said) != 1 {
			t.Errorf("%s: says %q, want %q", tt.name, said, tt.say)
		}
	}
}

const nvidiaCDI = `{"cdiVersion": "0.6.0", "kind": "nvidia.com/gpu", "devices": [
 {"name": "0", "containerEdits": {"deviceNodes": [{"path": "/dev/nvidia0"}, {"path": "/dev/closed"}]}},
 {"name": "all", "containerEdits": {"deviceNodes": [{"path": "/dev/card", "hostPath": "/dev/nvidia0"}]}}],
 "containerEdits": {"env": ["NVIDIA_VISIBLE_DEVICES=void", "OWN=theirs"], "deviceNodes": [{"path": "/dev/nvidiactl"}],
  "mounts": [{"hostPath": "/usr/lib/libcuda.so.1", "containerPath": "/usr/lib/libcuda.so.1", "options": ["ro", "nosuid"]},
             {"hostPath": "/usr/lib/none.so", "containerPath": "/usr/lib/none.so"}],
  "hooks": [{"hookName": "createContainer", "path": "/usr/bin/nvidia-cdi-hook", "args": ["nvidia-cdi-hook", "update-ldcache"]}]}}`

// TestDescribed: a device that the administrator describes brings its files, mounts and
// variables; what the file says itself counts more, and hooks are said to be left out.
func TestDescribed(t *testing.T) {
	open := owner{mode: 0o666}
	m := fake(t, map[string]owner{"/dev/nvidia0": open, "/dev/nvidiactl": open, "/dev/closed": {}, "/usr/lib/libcuda.so.1": open, "/etc/cdi/nvidia.json": open})
	if err := os.WriteFile(filepath.Join(m.root, "/etc/cdi/nvidia.json"), []byte(nvidiaCDI), 0o644); err != nil {
		t.Fatal(err)
	}
	own := "mine"
	for _, s := range []types.ServiceConfig{
		{Name: "web", ContainerSpec: types.ContainerSpec{Devices: []types.DeviceMapping{{Source: "nvidia.com/gpu=0", Target: "nvidia.com/gpu=0"}}}},
		{Name: "web", ContainerSpec: types.ContainerSpec{Gpus: []types.DeviceRequest{{Count: 1}}}},
		{Name: "web", ContainerSpec: types.ContainerSpec{Gpus: []types.DeviceRequest{{Driver: "cdi", IDs: []string{"nvidia.com/gpu=0"}}}}},
	} {
		s.Environment = types.MappingWithEquals{"OWN": &own}
		src, out := &saying{}, project.Service{Environment: []string{"OWN=mine"}}
		r := &reader{src, m}
		if err := r.devices(s, &out); err != nil {
			t.Fatal(err)
		}
		if err := r.graphics(s, &out); err != nil {
			t.Fatal(err)
		}
		if got := paths(&out); got != "/dev/nvidiactl /dev/nvidia0" {
			t.Errorf("gives %q", got)
		}
		if len(out.Mounts) != 1 || out.Mounts[0].Target != "/usr/lib/libcuda.so.1" || !out.Mounts[0].ReadOnly {
			t.Errorf("mounts %+v", out.Mounts)
		}
		if want := []string{"NVIDIA_VISIBLE_DEVICES=void", "OWN=mine"}; !slices.Equal(out.Environment, want) {
			t.Errorf("environment %q", out.Environment)
		}
		for _, want := range []string{"you may not open /dev/closed (its mode is 0000)", "as this machine describes it, but its hooks are not run: update-ldcache"} {
			if !strings.Contains(strings.Join(src.said, "\n"), want) {
				t.Errorf("does not say %q: %q", want, src.said)
			}
		}
	}
	var s types.ServiceConfig
	s.Name, s.Gpus = "web", []types.DeviceRequest{{Driver: "cdi", IDs: []string{"nvidia.com/gpu=9"}}}
	err := (&reader{&saying{}, m}).graphics(s, &project.Service{})
	if want := "services.web.gpus: no device nvidia.com/gpu=9 is described on this machine (described are nvidia.com/gpu=0, nvidia.com/gpu=all)"; err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}
