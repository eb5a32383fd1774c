package loader

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"

	"github.com/mocker-compose/mocker-compose/project"
)

// devices converts device nodes. Whether the user may open them is seen when
// the service starts.
func (l *load) devices(s types.ServiceConfig, out *project.Service) error {
	for _, d := range s.Devices {
		bad := func(hint, message string) error {
			return l.fault(hint, fmt.Sprintf("services.%s.devices: %s", s.Name, message), "services", s.Name, "devices")
		}
		dev := project.Device{Source: d.Source, Target: d.Target, Permissions: d.Permissions}
		if !strings.HasPrefix(dev.Target, "/") && dev.Permissions == "rwm" && isPermissions(dev.Target) {
			dev.Target, dev.Permissions = "", dev.Target // HOST:PERMISSIONS, as docker has it
		}
		if dev.Target == "" {
			dev.Target = dev.Source
		}
		switch {
		case !strings.HasPrefix(d.Source, "/") && strings.Contains(d.Source, "=") && strings.Contains(d.Source, "/"):
			if l.o.Tolerant {
				continue
			}
			return bad("name the device files themselves: /dev/dri/renderD128", d.Source+" is a CDI name, for which a container runtime of the system would have to look")
		case !path.IsAbs(dev.Source) || !path.IsAbs(dev.Target):
			return bad("write HOST-PATH[:CONTAINER-PATH[:rwm]]", fmt.Sprintf("%q is not an absolute path", firstRelative(dev.Source, dev.Target)))
		case dev.Permissions != "" && !isPermissions(dev.Permissions):
			return bad("write some of the letters r, w and m", fmt.Sprintf("%q are no permissions", dev.Permissions))
		}
		dev.Source, dev.Target = path.Clean(dev.Source), path.Clean(dev.Target)
		if dev.Target == "/" || dev.Target == "/dev" {
			return bad("write a path below /dev", "the target "+dev.Target+" would hide what is there")
		}
		out.Devices = append(out.Devices, dev)
		l.sayPermissions(s.Name, dev)
	}
	return nil
}

// sayPermissions says of the short form what the table says of the long one.
func (l *load) sayPermissions(service string, dev project.Device) {
	key := "services." + service + ".devices"
	said := slices.ContainsFunc(l.notices, func(n project.Notice) bool { return strings.HasPrefix(n.Key, key+".") })
	row, _ := project.Lookup("services.*.devices.permissions")
	if said || row.FateOf("permissions", dev.Permissions) == project.Honoured {
		return
	}
	l.notices = append(l.notices, project.Notice{Fate: row.Fate, Key: key, Reason: row.Reason, Source: l.position("services", service, "devices")})
}

func isPermissions(s string) bool { return s != "" && strings.Trim(s, "rwm") == "" && len(s) <= 3 }

func firstRelative(paths ...string) string {
	for _, p := range paths {
		if !path.IsAbs(p) {
			return p
		}
	}
	return ""
}
