package devices

import (
	"fmt"
	"path"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"

	"github.com/mocker-compose/mocker-compose/project"
)

// Source is what the files say beyond the values.
type Source interface {
	// Fault is an error at the line of a key.
	Fault(hint, message string, key ...string) error
	// Notice says that a key is not as it is written, and why; Instead does in place of what
	// the support table says of the key in general.
	Notice(fate project.Fate, reason string, key ...string)
	Instead(fate project.Fate, reason string, key ...string)
	// Said: a notice about something below the key has been given.
	Said(key ...string) bool
	// Tolerant: whether this machine can do it does not matter.
	Tolerant() bool
}

type reader struct {
	src Source
	m   *machine
}

// Convert reads the devices of a service.
func Convert(src Source, s types.ServiceConfig, out *project.Service) error {
	r := &reader{src, this()}
	if err := r.devices(s, out); err != nil {
		return err
	}
	return r.graphics(s, out)
}

// devices converts device nodes. Whether the user may open them is seen when
// the service starts.
func (r *reader) devices(s types.ServiceConfig, out *project.Service) error {
	for _, d := range s.Devices {
		bad := func(hint, message string) error {
			return r.src.Fault(hint, fmt.Sprintf("services.%s.devices: %s", s.Name, message), "services", s.Name, "devices")
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
			if err := r.described(s, d.Source, []string{"services", s.Name, "devices"}, out); err != nil {
				return err
			}
			continue
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
		r.sayPermissions(s.Name, dev)
	}
	return nil
}

// sayPermissions says of the short form what the table says of the long one.
func (r *reader) sayPermissions(service string, dev project.Device) {
	row, _ := project.Lookup("services.*.devices.permissions")
	if row.FateOf("permissions", dev.Permissions) != project.Honoured && !r.src.Said("services", service, "devices") {
		r.src.Notice(row.Fate, row.Reason, "services", service, "devices")
	}
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
