package project

import "fmt"

// MountType is the kind of a mount.
type MountType string

// The kinds of mount.
const (
	MountBind   MountType = "bind"
	MountVolume MountType = "volume"
	MountTmpfs  MountType = "tmpfs"
	MountImage  MountType = "image"
)

// Mount is one entry of a service's volumes or tmpfs.
type Mount struct {
	Type     MountType `json:"type"`
	Source   string    `json:"source,omitempty"` // bind: absolute host path; volume: key in Project.Volumes, "" = anonymous; image: its name
	Target   string    `json:"target"`           // absolute path inside
	ReadOnly bool      `json:"read_only,omitempty"`

	CreateHostPath bool   `json:"create_host_path,omitempty"` // bind: make a missing source as a directory
	NonRecursive   bool   `json:"non_recursive,omitempty"`    // bind: without what is mounted below the source
	WritableBelow  bool   `json:"writable_below,omitempty"`   // bind: ReadOnly is not for what is mounted below
	Propagation    string `json:"propagation,omitempty"`      // bind: "" = rprivate; private, slave, rslave (mount_namespaces(7))
	Relabel        bool   `json:"relabel,omitempty"`          // bind: for SELinux

	NoCopy  bool              `json:"no_copy,omitempty"` // volume: stays empty, whatever the image has there
	Subpath string            `json:"subpath,omitempty"` // volume, image: the part of it to mount
	Labels  map[string]string `json:"labels,omitempty"`  // volume: of an anonymous one

	Size    int64    `json:"size,omitempty"`    // tmpfs: bytes
	Mode    uint32   `json:"mode,omitempty"`    // tmpfs: permission bits, 0 = 1777
	Options []string `json:"options,omitempty"` // tmpfs: further ones, as mount(8) has them
}

// Anonymous reports a volume without a name.
func (m Mount) Anonymous() bool { return m.Type == MountVolume && m.Source == "" }

// VolumesFrom takes over the mounts of another container of the project.
type VolumesFrom struct {
	Container string `json:"container"`
	Service   string `json:"service,omitempty"` // whose first replica it is, "" if the file names the container
	ReadOnly  bool   `json:"read_only,omitempty"`
}

// Volume is a named volume.
type Volume struct {
	Key      string            `json:"key"`
	Name     string            `json:"name"` // resolved name, project_key by default
	External bool              `json:"external,omitempty"`
	Labels   map[string]string `json:"labels,omitempty"`
	Options  map[string]string `json:"options,omitempty"` // driver_opts, see [ParseVolumeOptions]
}

// FileKind is what a file of the project's is in the compose file.
type FileKind string

// The kinds of file.
const (
	FileConfig FileKind = "config"
	FileSecret FileKind = "secret"
)

// File is a config or secret that a service gets as a file.
type File struct {
	Kind   FileKind `json:"kind"`
	Source string   `json:"source"` // its key in the compose file
	Target string   `json:"target"` // absolute path inside
	UID    uint32   `json:"uid,omitempty"`
	GID    uint32   `json:"gid,omitempty"`
	Mode   uint32   `json:"mode"` // permission bits
	// Digest is the SHA-256 of the content in hex; the content itself is in
	// [Project.Contents].
	Digest string `json:"digest"`
	// Path is the absolute path of the user's file that the content was read from,
	// "" if it came from the environment or the compose file.
	Path string `json:"path,omitempty"`
}

// Digests are those of the configs and secrets of a service, and of its steps of pre_start.
func (s *Service) Digests() (list []string) {
	for _, f := range s.Files {
		list = append(list, f.Digest)
	}
	for n := range s.PreStart {
		list = append(list, s.PreStart[n].Service.Digests()...)
	}
	return list
}

// nameMax is what a file name may have on every file system (NAME_MAX).
const nameMax = 255

// CheckVolumeName accepts docker's names of volumes: letters, digits, "_", "." and
// "-", the first of them a letter or digit, two or more.
func CheckVolumeName(name string) error {
	ok := len(name) > 1 && len(name) <= nameMax
	for i := range len(name) {
		c := name[i]
		alnum := c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z'
		ok = ok && (alnum || i > 0 && (c == '_' || c == '.' || c == '-'))
	}
	if !ok {
		return fmt.Errorf("%q is no name of a volume: use two or more letters, digits, _ . or -, and begin with a letter or digit", name)
	}
	return nil
}
