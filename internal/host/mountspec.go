package host

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/mocker-compose/mocker-compose/internal/exchange"
	"github.com/mocker-compose/mocker-compose/internal/host/contents"
	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/supervisor"
)

// mounts are all of a container, in the words of the runtime spec.
func (r *Runtime) mounts(c *container, sc *supervisor.Container) []specs.Mount {
	var list []specs.Mount
	if c.rec.Lower == "" && sc.Dir != "/" && sc.Dir != "" {
		list = append(list, specs.Mount{Type: "bind", Source: sc.Dir, Destination: sc.Dir, Options: []string{"rbind"}})
	}
	for _, name := range etcFiles {
		_, source := r.scratchFile(r.etcOf(c), name)
		m := specs.Mount{Type: "bind", Source: source, Destination: "/etc/" + name, Options: []string{"bind", "noexec", "nosuid", "nodev"}}
		if c.hasTarget(m.Destination) {
			continue // the user's own
		}
		if c.rec.Lower == "" && !r.ownEtc() {
			target, ok := hostTarget(m.Destination)
			if !ok {
				continue
			}
			m.Destination = target
		}
		list = append(list, m)
	}
	for _, m := range c.rec.Mounts {
		list = append(list, r.mount(c, m))
	}
	for i, f := range sc.Service.Files {
		list = append(list, specs.Mount{Type: "bind", Source: r.scratchDir(contents.FileName(c.name, i)), Destination: f.Target,
			Options: []string{"bind", "ro", "nosuid", "nodev"}})
	}
	if c.notify != nil {
		list = append(list, r.notifyMount(sc))
	}
	return list
}

func (r *Runtime) mount(c *container, m mounted) specs.Mount {
	if m.Type == project.MountTmpfs {
		return r.tmpfs(m.Mount, c.rec.Own)
	}
	if m.Type == project.MountImage {
		return specs.Mount{Type: "bind", Source: "image " + m.Source, Destination: m.Target, Options: []string{"bind", "ro", "nodev"}}
	}
	out := specs.Mount{Type: "bind", Source: m.From, Destination: m.Target, Options: []string{"rbind"}}
	if m.NonRecursive {
		out.Options[0] = "bind"
	}
	if m.Propagation != "" {
		out.Options = append(out.Options, m.Propagation)
	}
	if m.ReadOnly && m.WritableBelow {
		out.Options = append(out.Options, "ro")
	} else if m.ReadOnly {
		out.Options = append(out.Options, "rro")
	}
	return out
}

// tmpfs has docker's defaults: nothing in it is executed unless the file says so.
func (r *Runtime) tmpfs(m project.Mount, x exchange.IDs) specs.Mount {
	out := specs.Mount{Type: "tmpfs", Destination: m.Target}
	mode := m.Mode
	if mode == 0 {
		mode = 0o1777
	}
	out.Options = append(out.Options, fmt.Sprintf("mode=%o", mode))
	if m.Size > 0 {
		out.Options = append(out.Options, fmt.Sprintf("size=%d", m.Size))
	}
	if m.ReadOnly {
		out.Options = append(out.Options, "ro")
	}
	if !slices.Contains(m.Options, "exec") && !slices.Contains(m.Options, "noexec") {
		out.Options = append(out.Options, "noexec")
	}
	out.Options = append(out.Options, exchangeOptions(r.tmpfsOptions(m.Options), x)...)
	return out
}

// tmpfsOptions leaves owners out that do not exist with one id.
func (r *Runtime) tmpfsOptions(options []string) (out []string) {
	for _, o := range options {
		name, value, _ := strings.Cut(o, "=")
		if r.singleID && (name == "uid" || name == "gid") && value != "0" {
			r.notice(fmt.Sprintf("tmpfs %s: only your own id exists in containers: it belongs to 0", o))
			continue
		}
		out = append(out, o)
	}
	return out
}

// exchangeOptions says owners as they are in our user namespace; a tmpfs without one is
// root's.
func exchangeOptions(options []string, x exchange.IDs) (out []string) {
	owners := map[string]uint32{"uid": x.User(0), "gid": x.Group(0)}
	for _, o := range options {
		name, value, _ := strings.Cut(o, "=")
		id, err := strconv.ParseUint(value, 10, 32)
		switch {
		case name == "uid" && err == nil:
			owners[name] = x.User(uint32(id))
		case name == "gid" && err == nil:
			owners[name] = x.Group(uint32(id))
		default:
			out = append(out, o)
		}
	}
	for _, name := range []string{"uid", "gid"} {
		if owners[name] != 0 {
			out = append(out, fmt.Sprintf("%s=%d", name, owners[name]))
		}
	}
	return out
}
