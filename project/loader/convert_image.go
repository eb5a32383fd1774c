package loader

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"

	"github.com/mocker-compose/mocker-compose/project"
)

// rootfsPrefix begins an image that is a directory or an archive on disk.
const rootfsPrefix = "rootfs:"

const cannotPull = "write image: rootfs:DIR-or-TAR, or no image to run on the host's root file system"

// image resolves what a service's root file system is.
func (l *load) image(s types.ServiceConfig, out *project.Service) error {
	if s.Image == "" {
		return nil
	}
	at := []string{"services", s.Name, "image"}
	path, ok := strings.CutPrefix(s.Image, rootfsPrefix)
	if !ok && l.o.Tolerant {
		out.Image = s.Image
		l.notices = append(l.notices, project.Notice{Fate: project.Refused, Key: strings.Join(at, "."),
			Reason: cannotPull, Source: l.position(at...)})
		return nil
	}
	if !ok {
		return l.fault(cannotPull,
			fmt.Sprintf("services.%s.image: %q cannot be pulled yet", s.Name, s.Image), at...)
	}
	if path == "" {
		return l.fault("write rootfs:DIR or rootfs:FILE.tar", fmt.Sprintf("services.%s.image: no path after rootfs:", s.Name), at...)
	}
	if home := l.env["HOME"]; home != "" && strings.HasPrefix(path, "~/") {
		path = filepath.Join(home, path[2:])
	}
	if !filepath.IsAbs(path) {
		path = filepath.Join(l.where.Dir, path)
	}
	path = filepath.Clean(path)
	info, err := os.Stat(path)
	switch {
	case l.o.Tolerant:
	case err != nil:
		return l.fault("unpack or copy a root file system there", fmt.Sprintf("services.%s.image: %s: %s", s.Name, path, reason(err)), at...)
	case !info.IsDir() && !info.Mode().IsRegular():
		return l.fault("write a directory or a tar archive", fmt.Sprintf("services.%s.image: %s is neither a directory nor a file", s.Name, path), at...)
	}
	out.Image = rootfsPrefix + path
	return nil
}
