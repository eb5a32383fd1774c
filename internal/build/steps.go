package build

// Run is RUN.
type Run struct {
	Args []string // the program and its arguments; the shell is in front already
	Env  []string // NAME=VALUE, the ARGs that are in force among them
	// Proxy are the predefined proxy arguments, for the program only: they are in no
	// cache's key and in no image.
	Proxy    []string
	Dir      string // absolute
	User     string // as in USER; "" = root
	Files    []File // here-documents, each at /dev/pipes/NAME
	Mounts   []Mount
	Network  string // "" = as the build has it; "none", "host"
	Insecure bool   // --security=insecure
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
	Target   string  // absolute; "" for a secret that is only a variable
	From     *Source // of bind and cache; nil: an empty directory
	Source   string  // path below From
	ReadOnly bool
	ID       string // of a cache, a secret, an agent; never empty for these
	Sharing  string // of a cache: shared, private, locked; never empty
	Required bool   // a secret or agent that is not there is an error
	Env      string // a secret's variable
	Mode     *uint32
	UID, GID *int
	Size     int64 // of a tmpfs, bytes; 0 = the kernel's default
}

// Copy is COPY and ADD.
type Copy struct {
	Add        bool
	From       Source
	Paths      []string // below From, patterns among them; for ADD also URLs and addresses of git
	Files      []File   // here-documents
	Dest       string   // absolute; with a "/" at its end it is a directory
	Chown      string   // USER[:GROUP], "" = 0:0
	Chmod      string   // octal or symbolic, "" = as at the source
	Link       bool     // on a layer of its own, whatever is below
	Parents    bool     // keep the parent directories of the sources
	Exclude    []string // patterns
	Unpack     *bool    // ADD --unpack
	KeepGitDir bool     // ADD --keep-git-dir
	Checksum   string   // ADD --checksum
}
