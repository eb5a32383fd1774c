package image

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
)

// Source is where images come from that are not in the store.
type Source struct {
	Kind string
	Path string // "-" is standard input, for `image load`
	Ref  string // chooses one of several: a name, a tag, @N, a digest; "" takes all
}

// IsSource reports that an image of a compose file is to be read from a file.
func IsSource(image string) bool {
	kind, _, ok := strings.Cut(image, ":")
	return ok && slices.Contains([]string{DockerArchive, OCIArchive, OCIDir}, kind)
}

// ParseSource reads KIND:PATH[:REF]. A path that has a colon itself can not be
// named so, as with skopeo.
func ParseSource(s string) (Source, error) {
	kind, rest, _ := strings.Cut(s, ":")
	if !IsSource(s) {
		return Source{}, fmt.Errorf("image %q: the sources are docker-archive:FILE, oci-archive:FILE and oci:DIRECTORY", s)
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
	if !filepath.IsAbs(s.Path) && s.Path != "-" {
		s.Path = filepath.Join(dir, s.Path)
	}
	return s
}
