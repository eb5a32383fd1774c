package devices

import (
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"
	"go.yaml.in/yaml/v4"

	"github.com/mocker-compose/mocker-compose/project"
)

// Where the administrator describes devices; later ones count more (CDI, "Where are CDI
// files located"). maxDescription bounds one file, in bytes.
var descriptionDirs = []string{"/etc/cdi", "/var/run/cdi"}

const maxDescription = 4 << 20

// description is one file of a kind of devices, as far as it is followed.
type description struct {
	Kind    string `yaml:"kind"`
	Devices []struct {
		Name  string `yaml:"name"`
		Edits edits  `yaml:"containerEdits"`
	} `yaml:"devices"`
	Edits edits `yaml:"containerEdits"`
}

// edits are what a device adds to a container.
type edits struct {
	Env         []string `yaml:"env"`
	DeviceNodes []struct {
		Path     string `yaml:"path"`
		HostPath string `yaml:"hostPath"`
	} `yaml:"deviceNodes"`
	Mounts []struct {
		HostPath      string   `yaml:"hostPath"`
		ContainerPath string   `yaml:"containerPath"`
		Options       []string `yaml:"options"`
		Type          string   `yaml:"type"`
	} `yaml:"mounts"`
	Hooks []struct {
		Path string   `yaml:"path"`
		Args []string `yaml:"args"`
	} `yaml:"hooks"`
}

// descriptions reads those of a kind.
func (m *machine) descriptions(kind string) (list []description) {
	for _, dir := range descriptionDirs {
		for _, ext := range []string{"json", "yaml"} {
			for _, file := range m.glob([]string{dir + "/*." + ext}) {
				if d, ok := readDescription(m.root + file); ok && d.Kind == kind {
					list = append(list, d)
				}
			}
		}
	}
	return list
}

func (m *machine) has(kind string) bool { return len(m.descriptions(kind)) > 0 }

// readDescription reads a file; one that is none describes nothing.
func readDescription(name string) (d description, ok bool) {
	info, err := os.Stat(name)
	if err != nil || !info.Mode().IsRegular() {
		return d, false
	}
	f, err := os.Open(name)
	if err != nil {
		return d, false
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxDescription+1))
	return d, err == nil && len(text) <= maxDescription && yaml.Unmarshal(text, &d) == nil
}

// described gives a service the device KIND=NAME.
func (r *reader) described(s types.ServiceConfig, full string, key []string, out *project.Service) error {
	kind, name, _ := strings.Cut(full, "=")
	list := r.m.descriptions(kind)
	var known []string
	for i := len(list) - 1; i >= 0; i-- { // the last one counts
		for _, d := range list[i].Devices {
			if d.Name == name {
				r.edit(s, list[i].Edits, key, out)
				r.edit(s, d.Edits, key, out)
				r.say(full, slices.Concat(list[i].Edits.hooks(), d.Edits.hooks()), key)
				return nil
			}
			known = append(known, kind+"="+d.Name)
		}
	}
	switch {
	case r.src.Tolerant():
		return nil
	case len(known) > 0:
		return r.want(key, "described are "+strings.Join(known, ", "), "no device %s is described on this machine", full)
	}
	return r.want(key, "name the device files themselves, /dev/dri/renderD128, or let an administrator describe it: sudo nvidia-ctk cdi generate --output=/etc/cdi/nvidia.yaml",
		"no device %s is described in %s", full, strings.Join(descriptionDirs, " or "))
}

// edit applies what a device adds. What the file says of the same variable or path counts more.
func (r *reader) edit(s types.ServiceConfig, e edits, key []string, out *project.Service) {
	for _, env := range e.Env {
		if k, v, ok := strings.Cut(env, "="); ok && s.Environment[k] == nil {
			out.SetVariable(k, v)
		}
	}
	for _, n := range e.DeviceNodes {
		d := project.Device{Source: n.HostPath, Target: n.Path}
		if d.Source == "" {
			d.Source = n.Path
		}
		if !filepath.IsAbs(d.Source) || !filepath.IsAbs(d.Target) {
			continue
		}
		if why := r.m.closed(d.Source, slices.Contains(s.GroupAdd, "keep-groups")); why != "" {
			r.src.Notice(project.Degraded, "you may not open "+d.Source+" "+why, key...)
			continue
		}
		add(out, d)
	}
	for _, m := range e.Mounts {
		target := path.Clean(m.ContainerPath)
		taken := slices.ContainsFunc(out.Mounts, func(o project.Mount) bool { return o.Target == target })
		if _, err := os.Stat(r.m.root + m.HostPath); err != nil || m.Type != "" && m.Type != "bind" || taken || !path.IsAbs(target) || target == "/" {
			continue
		}
		out.Mounts = append(out.Mounts, project.Mount{Type: project.MountBind, Source: m.HostPath, Target: target, ReadOnly: !slices.Contains(m.Options, "rw")})
	}
}

func (e *edits) hooks() (names []string) {
	for _, h := range e.Hooks {
		name := path.Base(h.Path)
		if len(h.Args) > 1 {
			name = h.Args[1]
		}
		names = append(names, name)
	}
	return names
}

// say says what of a description is left out.
func (r *reader) say(full string, hooks []string, key []string) {
	text := "gives " + full + " as this machine describes it"
	if slices.Sort(hooks); len(hooks) > 0 {
		text += ", but its hooks are not run: " + strings.Join(slices.Compact(hooks), ", ")
	}
	r.src.Instead(project.Degraded, text, key...)
}
