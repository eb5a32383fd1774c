package imageref

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// The kinds of sources, in skopeo's notation.
const (
	DockerArchive = "docker-archive" // FILE[:NAME:TAG | :@N]: what `docker save` writes
	OCIArchive    = "oci-archive"    // FILE[:REF]: a tar of an OCI layout
	OCIDir        = "oci"            // DIR[:REF]: an OCI layout

	DockerDaemon      = "docker-daemon"      // NAME[:TAG] or an id: of a docker that runs here
	ContainersStorage = "containers-storage" // NAME[:TAG] or an id: of the user's podman
)

// Source is where images come from that are not in the store.
type Source struct {
	Kind string
	Path string // "-" is standard input, for `image load`; of a Live one, the image's name there
	Ref  string // chooses one of several: a name, a tag, @N, a digest; "" takes all
}

// IsSource reports that an image of a compose file is to be read from a file, or
// got from another program.
func IsSource(image string) bool {
	kind, _, ok := strings.Cut(image, ":")
	return ok && slices.Contains([]string{DockerArchive, OCIArchive, OCIDir, DockerDaemon, ContainersStorage}, kind)
}

// Live reports a source that is another program's store, not a file: only a
// process on the host, as the user, can read it (internal/sources).
func (s Source) Live() bool { return s.Kind == DockerDaemon || s.Kind == ContainersStorage }

// ParseSource reads KIND:PATH[:REF]. A path that has a colon itself can not be
// named so, as with skopeo.
func ParseSource(s string) (Source, error) {
	kind, rest, _ := strings.Cut(s, ":")
	if !IsSource(s) {
		return Source{}, fmt.Errorf("image %q: the sources are docker-archive:FILE, oci-archive:FILE, oci:DIRECTORY, docker-daemon:NAME and containers-storage:NAME", s)
	}
	if live := (Source{Kind: kind, Path: rest}); live.Live() {
		if rest == "" {
			return Source{}, fmt.Errorf("image %q: there is no name behind %s:", s, kind)
		}
		return live, nil
	}
	path, ref, _ := strings.Cut(rest, ":")
	if path == "" {
		return Source{}, fmt.Errorf("image %q: there is no path behind %s:", s, kind)
	}
	return Source{kind, path, ref}, nil
}

// String is the form that ParseSource reads.
func (s Source) String() string {
	out := s.Kind + ":" + s.Path
	if s.Ref != "" {
		out += ":" + s.Ref
	}
	return out
}

// At makes a relative path absolute below dir.
func (s Source) At(dir string) Source {
	if !filepath.IsAbs(s.Path) && s.Path != "-" && !s.Live() {
		s.Path = filepath.Join(dir, s.Path)
	}
	return s
}
