package loader

import (
	"errors"
	"fmt"
	"os"
	"path"
	"strconv"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"
	"github.com/docker/go-units"

	"github.com/mocker-compose/mocker-compose/project"
)

var errTooLarge = errors.New("it is too large")

// mounts converts volumes and tmpfs.
func (l *load) mounts(s types.ServiceConfig, out *project.Service) error {
	for i, v := range s.Volumes {
		m, err := mount(v)
		if err == nil && m.Type == project.MountBind && !m.CreateHostPath && !l.o.Tolerant {
			if _, statErr := os.Stat(m.Source); statErr != nil {
				err = &Error{Message: "the bind source " + m.Source + ": " + reason(statErr), Hint: "make it, or write bind: {create_host_path: true}"}
			}
		}
		if err != nil {
			e := &Error{Message: fmt.Sprintf("services.%s.volumes: %v", s.Name, err)}
			var inner *Error
			if errors.As(err, &inner) {
				e.Message, e.Hint = fmt.Sprintf("services.%s.volumes: %s", s.Name, inner.Message), inner.Hint
			}
			e.File, e.Line = l.mountAt(s.Name, i, v)
			return e
		}
		out.Mounts = append(out.Mounts, m)
	}
	for _, t := range s.Tmpfs {
		m, err := l.tmpfs(s.Name, t)
		if err != nil {
			return l.fault("write PATH or PATH:size=64m,mode=1777", fmt.Sprintf("services.%s.tmpfs: %q: %v", s.Name, t, err), "services", s.Name, "tmpfs", t)
		}
		out.Mounts = append(out.Mounts, m)
	}
	return nil
}

func mount(v types.ServiceVolumeConfig) (project.Mount, error) {
	m := project.Mount{Type: project.MountType(v.Type), Source: v.Source, Target: path.Clean(v.Target), ReadOnly: v.ReadOnly}
	if len(v.Target) > 2 && v.Target[1:3] == ":/" {
		// compose-go takes the letter for a Windows drive.
		return m, &Error{Message: fmt.Sprintf("%q begins like a Windows path", v.Target), Hint: "give the volume a name of two or more letters"}
	}
	if !path.IsAbs(v.Target) {
		return m, fmt.Errorf("the target %q is not an absolute path", v.Target)
	}
	if m.Target == "/" {
		return m, errors.New("the target / would hide the root file system")
	}
	switch {
	case v.Bind != nil && m.Type == project.MountBind:
		m.CreateHostPath = bool(v.Bind.CreateHostPath)
		m.NonRecursive = v.Bind.Recursive == "disabled"
	case v.Tmpfs != nil && m.Type == project.MountTmpfs:
		m.Size, m.Mode = int64(v.Tmpfs.Size), v.Tmpfs.Mode
	}
	if m.Type == project.MountBind && v.Source == "" {
		return m, errors.New("a bind mount needs a source")
	}
	return m, nil
}

// tmpfs converts one entry of tmpfs: PATH or PATH:OPTION,OPTION.
func (l *load) tmpfs(service, entry string) (project.Mount, error) {
	target, options, _ := strings.Cut(entry, ":")
	m := project.Mount{Type: project.MountTmpfs, Target: path.Clean(target)}
	if !path.IsAbs(target) {
		return m, errors.New("not an absolute path")
	}
	for _, o := range strings.FieldsFunc(options, func(r rune) bool { return r == ',' }) {
		name, value, _ := strings.Cut(o, "=")
		switch name {
		case "size":
			n, err := units.RAMInBytes(value)
			if err != nil {
				return m, fmt.Errorf("size: %w", err)
			}
			m.Size = n
		case "mode":
			n, err := strconv.ParseUint(value, 8, 12)
			if err != nil {
				return m, fmt.Errorf("mode %q is not an octal number up to 7777", value)
			}
			m.Mode = uint32(n)
		case "ro":
			m.ReadOnly = true
		case "rw", "nosuid", "nodev", "noexec":
			// nosuid and nodev are always on; noexec is docker's default, which
			// programs that unpack themselves into /tmp cannot live with.
		default:
			l.notices = append(l.notices, project.Notice{Fate: project.Ignored, Key: "services." + service + ".tmpfs",
				Reason: "the option " + name + " is not known", Source: l.position("services", service, "tmpfs")})
		}
	}
	return m, nil
}
