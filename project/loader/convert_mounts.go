package loader

import (
	"errors"
	"fmt"
	"os"
	"path"
	"regexp"
	"strconv"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"
	"github.com/docker/go-units"

	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/project/loader/document"
)

var errTooLarge = errors.New("it is too large")

// mounts converts volumes and tmpfs.
func (l *load) mounts(s types.ServiceConfig, out *project.Service) error {
	for i, v := range s.Volumes {
		m, err := l.mount(s.Name, v)
		if err == nil && m.Type == project.MountBind && !m.CreateHostPath && !l.o.Tolerant {
			if _, statErr := os.Stat(m.Source); statErr != nil {
				err = &Error{Message: "the bind source " + m.Source + ": " + document.Reason(statErr), Hint: "make it, or write bind: {create_host_path: true}"}
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
		m, err := tmpfs(t)
		if err != nil {
			return l.fault("write PATH or PATH:size=64m,mode=1777", fmt.Sprintf("services.%s.tmpfs: %q: %v", s.Name, t, err), "services", s.Name, "tmpfs", t)
		}
		out.Mounts = append(out.Mounts, m)
	}
	return nil
}

func (l *load) mount(service string, v types.ServiceVolumeConfig) (project.Mount, error) {
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
	if (m.Type == project.MountBind || m.Type == project.MountImage) && v.Source == "" {
		return m, fmt.Errorf("a mount of type %s needs a source", m.Type)
	}
	var err error
	if m.Type == project.MountBind {
		if m.Source, err = l.unixPath(v.Source); err != nil {
			return m, err
		}
	}
	switch {
	case v.Bind != nil && m.Type == project.MountBind:
		err = l.bind(service, v.Bind, &m)
	case v.Tmpfs != nil && m.Type == project.MountTmpfs:
		m.Size, m.Mode = int64(v.Tmpfs.Size), v.Tmpfs.Mode
	case v.Volume != nil && m.Type == project.MountVolume:
		m.NoCopy, m.Labels = v.Volume.NoCopy, v.Volume.Labels
		m.Subpath, err = subpath(v.Volume.Subpath)
		if m.Source == "" && m.Subpath != "" {
			err = errors.New("volume.subpath needs a volume with a name")
		}
	case m.Type == project.MountImage:
		err = l.imageMount(service, v, &m)
	}
	return m, err
}

// drive begins an absolute path of Windows.
var drive = regexp.MustCompile(`^([A-Za-z]):[\\/]`)

// unixPath refuses a path of Windows, unless COMPOSE_CONVERT_WINDOWS_PATHS says what to make
// of it; a file whose name has a backslash may be meant.
func (l *load) unixPath(source string) (string, error) {
	d := drive.FindStringSubmatch(source)
	if d == nil && !strings.Contains(source, `\`) {
		return source, nil
	}
	if _, err := os.Lstat(source); err == nil && path.IsAbs(source) {
		return source, nil
	}
	converted := strings.ReplaceAll(source, `\`, "/")
	if d != nil {
		converted = "/" + strings.ToLower(d[1]) + converted[2:]
	}
	if truth(l.env["COMPOSE_CONVERT_WINDOWS_PATHS"]) {
		return path.Clean(converted), nil
	}
	if d == nil {
		return source, &Error{Message: fmt.Sprintf("%s is a path of Windows", source), Hint: "write it with /, or set COMPOSE_CONVERT_WINDOWS_PATHS=true"}
	}
	return source, &Error{Message: fmt.Sprintf("%s is a path of Windows", source), Hint: fmt.Sprintf("write one of this machine, or set COMPOSE_CONVERT_WINDOWS_PATHS=true, which makes %s of it", path.Clean(converted))}
}

// imageMount resolves an image as that of a service.
func (l *load) imageMount(service string, v types.ServiceVolumeConfig, m *project.Mount) (err error) {
	var out project.Service
	as := types.ServiceConfig{Name: service}
	as.Image = v.Source
	if err := l.image(as, &out); err != nil {
		var e *Error
		if errors.As(err, &e) {
			e.Message = strings.TrimPrefix(e.Message, "services."+service+".image: ")
		}
		return err
	}
	m.Source, m.ReadOnly = out.Image, true
	if v.Image != nil {
		m.Subpath, err = subpath(v.Image.SubPath)
	}
	return err
}

// subpath accepts a path below a volume, as docker does.
func subpath(p string) (string, error) {
	if p == "" {
		return "", nil
	}
	if clean := path.Clean(p); path.IsAbs(p) || clean == ".." || strings.HasPrefix(clean, "../") {
		return "", fmt.Errorf("the subpath %q must be a relative path within the volume", p)
	}
	return path.Clean(p), nil
}

// bind converts what is said of a bind mount.
func (l *load) bind(service string, b *types.ServiceVolumeBind, m *project.Mount) error {
	m.CreateHostPath = bool(b.CreateHostPath)
	m.Relabel = b.SELinux != ""
	if b.SELinux != "" && b.SELinux != types.SELinuxShared && b.SELinux != types.SELinuxPrivate {
		return fmt.Errorf("bind.selinux is z or Z, not %q", b.SELinux)
	}
	switch b.Propagation {
	case "", types.PropagationRPrivate:
	case types.PropagationPrivate, types.PropagationSlave, types.PropagationRSlave:
		m.Propagation = b.Propagation
	case types.PropagationShared, types.PropagationRShared:
		m.Propagation = strings.Replace(b.Propagation, "shared", "slave", 1)
		l.propagationNotice(service)
	default:
		return &Error{Message: fmt.Sprintf("bind.propagation %q is not known", b.Propagation), Hint: "use rprivate, private, rslave or slave"}
	}
	switch b.Recursive {
	case "", "enabled":
	case "disabled":
		m.NonRecursive = true
	case "writable":
		m.WritableBelow = true
	case "readonly":
		if !m.ReadOnly {
			return &Error{Message: "bind.recursive: readonly is for read-only mounts", Hint: "write read_only: true too"}
		}
		if b.Propagation != "" && b.Propagation != types.PropagationRPrivate {
			return &Error{Message: "bind.recursive: readonly needs the propagation rprivate", Hint: "remove one of them"}
		}
	default:
		return &Error{Message: fmt.Sprintf("bind.recursive %q is not known", b.Recursive), Hint: "use enabled, disabled, writable or readonly"}
	}
	return nil
}

// propagationNotice says for the short syntax what the table says for the long
// one, which the walk over the file has found.
func (l *load) propagationNotice(service string) {
	key := "services." + service + ".volumes"
	for _, n := range l.notices {
		if strings.HasPrefix(n.Key, key+".") && strings.HasSuffix(n.Key, ".bind.propagation") {
			return
		}
	}
	row, _ := project.Lookup("services.*.volumes.bind.propagation")
	l.notices = append(l.notices, project.Notice{Fate: row.Fate, Key: key, Reason: row.Reason, Source: l.position("services", service, "volumes")})
}

// tmpfs converts one entry of tmpfs: PATH or PATH:OPTION,OPTION.
func tmpfs(entry string) (project.Mount, error) {
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
		default:
			if err := project.CheckTmpfsOption(o); err != nil {
				return m, err
			}
			m.Options = append(m.Options, o)
		}
	}
	return m, nil
}
