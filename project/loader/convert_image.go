package loader

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"

	"github.com/mocker-compose/mocker-compose/internal/image/imageref"
	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/project/loader/document"
	"github.com/mocker-compose/mocker-compose/project/loader/remedy"
)

// rootfsPrefix begins an image that is a directory or an archive of a root file
// system, without a configuration.
const rootfsPrefix = "rootfs:"

// imageForms is the remedy for what is none of them.
const imageForms = "write NAME[:TAG], docker-archive:FILE, oci-archive:FILE, oci:DIR, docker-daemon:NAME, containers-storage:NAME, or rootfs:DIR-or-TAR"

// hasConfig reports an image that brings a configuration along.
func hasConfig(name string) bool { return name != "" && !strings.HasPrefix(name, rootfsPrefix) }

// image resolves what a service's root file system is. Whether the store has an
// image of that name is seen when it is needed.
func (l *load) image(s types.ServiceConfig, out *project.Service) error {
	if err := l.pullPolicy(s, out); err != nil {
		return err
	}
	if !isPlatform(s.Platform) && !l.o.Tolerant {
		return l.fault("write OS/ARCHITECTURE, as linux/amd64", fmt.Sprintf("services.%s.platform: %q: cannot parse platform specifier", s.Name, s.Platform), "services", s.Name, "platform")
	}
	if s.Image == "" {
		return l.emptyImage(s.Name, s.Image)
	}
	if path, ok := strings.CutPrefix(s.Image, rootfsPrefix); ok {
		return l.rootfs(s.Name, path, out)
	}
	if imageref.IsSource(s.Image) {
		return l.imageSource(s, out)
	}
	out.Image, out.Platform = s.Image, s.Platform
	if _, err := imageref.Parse(s.Image); err != nil && !l.o.Tolerant && !isID(s.Image) {
		if n := l.node([]string{"services", s.Name, "image"}); n != nil && hasGap(s.Image) && strings.Contains(n.Value, "$") {
			return l.fault(remedy.Unset, fmt.Sprintf("services.%s.image: %q comes to %q", s.Name, n.Value, s.Image), "services", s.Name, "image")
		}
		return l.fault(imageForms, fmt.Sprintf("services.%s.image: %v", s.Name, err), "services", s.Name, "image")
	}
	return nil
}

// isPlatform reports OS[/ARCHITECTURE[/VARIANT]]. Whether an image of that platform exists is
// its registry's to say.
func isPlatform(s string) bool {
	parts := strings.Split(s, "/")
	for _, p := range parts {
		if s != "" && (p == "" || strings.Trim(strings.ToLower(p), "abcdefghijklmnopqrstuvwxyz0123456789_-.()") != "") {
			return false
		}
	}
	return len(parts) <= 3
}

// hasGap reports an image's name in which nothing stands where a variable may have been:
// before or behind a separator.
func hasGap(name string) bool {
	return strings.HasPrefix(name, "/") || strings.Contains(name, "//") || strings.Contains(name, "/:") || strings.HasPrefix(name, ":") || strings.HasSuffix(name, ":") ||
		strings.HasSuffix(name, "@") || strings.HasSuffix(name, "/") || strings.HasSuffix(name, "-")
}

// pullPolicy reads when the image is got anew.
func (l *load) pullPolicy(s types.ServiceConfig, out *project.Service) (err error) {
	if out.Pull, err = project.ParsePullPolicy(s.PullPolicy, s.PullRefreshAfter); err != nil {
		return l.fault("", fmt.Sprintf("services.%s.pull_policy: %v", s.Name, err), "services", s.Name, "pull_policy")
	}
	if s.PullPolicy == project.PullBuild && s.Build == nil && !l.o.Tolerant {
		l.notices = append(l.notices, project.Notice{Fate: project.Ignored, Key: "services." + s.Name + ".pull_policy",
			Reason: "there is no build section: the image is used as it is in the store", Source: l.position("services", s.Name, "pull_policy")})
	}
	return nil
}

// isID reports the 64 hexadecimal digits of an image's id.
func isID(s string) bool { return len(s) == 64 && strings.Trim(s, "0123456789abcdef") == "" }

// imageSource resolves an image in a file or directory.
func (l *load) imageSource(s types.ServiceConfig, out *project.Service) error {
	at := []string{"services", s.Name, "image"}
	source, err := imageref.ParseSource(s.Image)
	if err != nil {
		return l.fault(imageForms, fmt.Sprintf("services.%s.image: %v", s.Name, err), at...)
	}
	if source.Live() {
		out.Image = source.String()
		return nil
	}
	if source.Path == "-" {
		return l.fault("load it first: mocker-compose image load", fmt.Sprintf("services.%s.image: %q: standard input cannot be read here", s.Name, s.Image), at...)
	}
	source.Path = l.atHome(source.Path)
	source = source.At(l.where.Dir)
	info, err := os.Stat(source.Path)
	dir := source.Kind == imageref.OCIDir
	switch {
	case l.o.Tolerant:
	case err != nil:
		return l.fault("put the image there, as `docker save` or skopeo writes it", fmt.Sprintf("services.%s.image: %s: %s", s.Name, source.Path, document.Reason(err)), at...)
	case dir != info.IsDir() || !dir && !info.Mode().IsRegular():
		kind := "a file"
		if dir {
			kind = "a directory"
		}
		return l.fault(imageForms, fmt.Sprintf("services.%s.image: %s is not %s, which %s: has to be", s.Name, source.Path, kind, source.Kind), at...)
	}
	out.Image = source.String()
	return nil
}

// rootfs resolves a root file system that is no image.
func (l *load) rootfs(service, path string, out *project.Service) error {
	at := []string{"services", service, "image"}
	if path == "" {
		return l.fault("write rootfs:DIR or rootfs:FILE.tar", fmt.Sprintf("services.%s.image: no path after rootfs:", service), at...)
	}
	path = l.atHome(path)
	if !filepath.IsAbs(path) {
		path = filepath.Join(l.where.Dir, path)
	}
	path = filepath.Clean(path)
	info, err := os.Stat(path)
	switch {
	case l.o.Tolerant:
	case err != nil:
		return l.fault("unpack or copy a root file system there", fmt.Sprintf("services.%s.image: %s: %s", service, path, document.Reason(err)), at...)
	case !info.IsDir() && !info.Mode().IsRegular():
		return l.fault("write a directory or a tar archive", fmt.Sprintf("services.%s.image: %s is neither a directory nor a file", service, path), at...)
	}
	out.Image = rootfsPrefix + path
	return nil
}

// atHome expands a leading ~/.
func (l *load) atHome(path string) string {
	if home := l.env["HOME"]; home != "" && strings.HasPrefix(path, "~/") {
		return filepath.Join(home, path[2:])
	}
	return path
}
