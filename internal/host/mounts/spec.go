package mounts

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"

	"github.com/mocker-compose/mocker-compose/internal/exchange"
	"github.com/mocker-compose/mocker-compose/project"
)

// Spec is a mount in the words of the runtime spec, in a container that has these ids
// exchanged.
func (k *Keeper) Spec(m Mount, x exchange.IDs) specs.Mount {
	if m.Type == project.MountTmpfs {
		return k.tmpfs(m.Mount, x)
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
func (k *Keeper) tmpfs(m project.Mount, x exchange.IDs) specs.Mount {
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
	out.Options = append(out.Options, exchangeOptions(k.tmpfsOptions(m.Options), x)...)
	return out
}

// tmpfsOptions leaves owners out that do not exist with one id.
func (k *Keeper) tmpfsOptions(options []string) (out []string) {
	for _, o := range options {
		name, value, _ := strings.Cut(o, "=")
		if k.SingleID && (name == "uid" || name == "gid") && value != "0" {
			k.Notice(fmt.Sprintf("tmpfs %s: only your own id exists in containers: it belongs to 0", o))
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
