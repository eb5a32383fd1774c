package build

// Run is RUN.
type Run struct {
	Args []string // the program and its arguments; the shell is in front already
	Env  []string `json:",omitempty"` // NAME=VALUE, the ARGs that are in force among them
	// Proxy are the predefined proxy arguments, for the program only: they are in no
	// cache's key and in no image.
	Proxy    []string `json:",omitempty"`
	Dir      string   // absolute
	User     string   `json:",omitempty"` // as in USER; "" = root
	Files    []File   `json:",omitempty"` // here-documents, each at /dev/pipes/NAME
	Mounts   []Mount  `json:",omitempty"`
	Network  string   `json:",omitempty"` // "" = as the build has it; "none", "host"
	Insecure bool     `json:",omitempty"` // --security=insecure
}

// Kinds of Mount.
const (
	MountBind   = "bind"
	MountCache  = "cache"
	MountTmpfs  = "tmpfs"
	MountSecret = "secret"
	MountSSH    = "ssh"
)

// Mount is RUN --mount.
type Mount struct {
	Type     string
	Target   string  `json:",omitempty"` // absolute; "" for a secret that is only a variable
	From     *Source `json:",omitempty"` // of bind and cache; nil: an empty directory
	Source   string  `json:",omitempty"` // path below From
	ReadOnly bool    `json:",omitempty"`
	ID       string  `json:",omitempty"` // of a cache, a secret, an agent; never empty for these
	Sharing  string  `json:",omitempty"` // of a cache: shared, private, locked; never empty
	Required bool    `json:",omitempty"` // a secret or agent that is not there is an error
	Env      string  `json:",omitempty"` // a secret's variable
	Mode     *uint32 `json:",omitempty"`
	UID, GID *int    `json:",omitempty"`
	Size     int64   `json:",omitempty"` // of a tmpfs, bytes; 0 = the kernel's default
}

// Copy is COPY and ADD.
type Copy struct {
	Add        bool `json:",omitempty"`
	From       Source
	Paths      []string `json:",omitempty"` // below From, patterns among them; for ADD also URLs and addresses of git
	Files      []File   `json:",omitempty"` // here-documents
	Dest       string   // absolute; with a "/" at its end it is a directory
	Chown      string   `json:",omitempty"` // USER[:GROUP], "" = 0:0
	Chmod      string   `json:",omitempty"` // octal or symbolic, "" = as at the source
	Link       bool     `json:",omitempty"` // on a layer of its own, whatever is below
	Parents    bool     `json:",omitempty"` // keep the parent directories of the sources
	Exclude    []string `json:",omitempty"` // patterns
	Unpack     *bool    `json:",omitempty"` // ADD --unpack
	KeepGitDir bool     `json:",omitempty"` // ADD --keep-git-dir
	Checksum   string   `json:",omitempty"` // ADD --checksum
}
