package project

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// VolumeSource is what the driver_opts of a volume make of it: a directory of
// the user's (Device), memory (Tmpfs), or, as the zero value, a plain volume.
type VolumeSource struct {
	Device string // absolute path of a directory
	// Recursive: with what is mounted below Device.
	Recursive bool
	Tmpfs     bool
	ReadOnly  bool
	Options   []string // of a tmpfs, see [CheckTmpfsOption]
}

// ParseVolumeOptions reads the options of docker's local driver: type, o and
// device, as mount(8) has them. What needs an administrator is refused.
func ParseVolumeOptions(options map[string]string) (v VolumeSource, err error) {
	for name := range options {
		if !slices.Contains([]string{"type", "o", "device", "size"}, name) {
			return v, fmt.Errorf("unknown option %q: the local driver has type, o and device", name)
		}
	}
	kind, device := options["type"], options["device"]
	list := splitOptions(options["o"])
	if size := options["size"]; size != "" {
		return v, fmt.Errorf("size: there are no quotas for a plain user; write type: tmpfs with o: size=%s for a volume in memory", size)
	}
	bind := slices.Contains(list, "bind") || slices.Contains(list, "rbind")
	switch {
	case len(options) == 0:
	case kind == "tmpfs":
		v.Tmpfs = true
		for _, o := range list {
			if err := CheckTmpfsOption(o); err != nil {
				return v, err
			}
			if o == "ro" {
				v.ReadOnly = true
			} else {
				v.Options = append(v.Options, o)
			}
		}
	case bind && (kind == "" || kind == "none" || kind == "bind"):
		return bindSource(device, list)
	case kind == "":
		return v, fmt.Errorf("type is missing: write tmpfs, or none with o: bind")
	default:
		return v, fmt.Errorf("type %s: to mount it needs an administrator; have it mounted, and write type: none, o: bind and device: DIRECTORY", kind)
	}
	return v, nil
}

func bindSource(device string, list []string) (v VolumeSource, err error) {
	if !path.IsAbs(device) {
		return v, fmt.Errorf("device %q: o: bind needs the absolute path of a directory", device)
	}
	v.Device = path.Clean(device)
	for _, o := range list {
		switch o {
		case "bind", "rw", "defaults":
		case "rbind":
			v.Recursive = true
		case "ro":
			v.ReadOnly = true
		default:
			return v, fmt.Errorf("o: %q is not possible with bind", o)
		}
	}
	return v, nil
}

func splitOptions(list string) (out []string) {
	for _, o := range strings.Split(list, ",") {
		if o = strings.TrimSpace(o); o != "" {
			out = append(out, o)
		}
	}
	return out
}

// tmpfsFlags are mount flags that a tmpfs may have by name; nosuid and nodev it
// has always.
var tmpfsFlags = []string{"ro", "rw", "exec", "noexec", "nosuid", "nodev", "noatime", "relatime", "nodiratime", "defaults"}

// CheckTmpfsOption accepts the options of a tmpfs as mount(8) and tmpfs(5) have
// them, but for those that need an administrator.
func CheckTmpfsOption(option string) error {
	name, value, has := strings.Cut(option, "=")
	switch name {
	case "size", "nr_blocks", "nr_inodes":
		if value == "" || strings.Trim(value, "0123456789kKmMgG%") != "" {
			return fmt.Errorf("%s: %q is no number with k, m or g", name, value)
		}
		return nil
	case "mode":
		if value == "" || len(value) > 5 || strings.Trim(value, "01234567") != "" {
			return fmt.Errorf("mode %q is not an octal number up to 7777", value)
		}
		return nil
	case "uid", "gid":
		if value == "" || strings.Trim(value, "0123456789") != "" {
			return fmt.Errorf("%s: %q is no number", name, value)
		}
		return nil
	}
	if !has && slices.Contains(tmpfsFlags, name) {
		return nil
	}
	return fmt.Errorf("the option %s is not known", option)
}
