package image

import "github.com/mocker-compose/mocker-compose/internal/image/config"

// Role is the name of the process that changes the store (see
// cmd/mocker-compose): it runs in the user namespace, where the owners of
// unpacked files can be set and such files deleted. Its one argument is a
// Request, its standard input the archive, its standard output lines of Message.
const Role = "image"

// RoleStorageLayer is the name of the process that makes the tar of a layer of
// podman's storage (internal/sources/containersstorage).
const RoleStorageLayer = "storage-layer"

// Request is what the process has to do.
type Request struct {
	Op   string `json:"op"`
	Dir  string `json:"dir"`            // of the store
	Kind string `json:"kind,omitempty"` // OpLoad: docker, oci, "" for what there is
	Ref  string `json:"ref,omitempty"`  // OpLoad: the one to take
	One  bool   `json:"one,omitempty"`  // OpLoad: there must be one image, or Ref
	// Layout: standard input is no archive, but where to ask for an OCI layout's files.
	Layout bool          `json:"layout,omitempty"`
	As     *Import       `json:"as,omitempty"`
	Blob   *Blob         `json:"blob,omitempty"`  // OpLayer: what comes
	Sweep  bool          `json:"sweep,omitempty"` // OpLayer: look for leftovers of others first
	Refs   []string      `json:"refs,omitempty"`  // OpSave: the images; standard input is what to write to
	Key    string        `json:"key,omitempty"`   // OpTar: of the layer; standard input is what to write to
	Clean  *CleanOptions `json:"clean,omitempty"`
	Cache  *CacheOptions `json:"cache,omitempty"` // OpPruneCache
	Paths  []string      `json:"paths,omitempty"` // OpSizes: directories
}

// The operations.
const (
	OpLoad   = "load"
	OpLayer  = "layer" // one blob, for a session of another process
	OpSave   = "save"
	OpTar    = "tar" // the exact tar of a layer again
	OpImport = "import"
	OpRemove = "remove"
	OpPrune  = "prune"

	OpPruneCache = "prune-cache"
	OpSizes      = "sizes" // of directories that subordinate ids have written
)

// Import says what becomes of the tar of a root file system.
type Import struct {
	Name    string        `json:"name,omitempty"`
	Message string        `json:"message,omitempty"`
	Config  config.Config `json:"config"` // of the image
}

// Message is a line from the process. One field is set.
type Message struct {
	Progress string   `json:"progress,omitempty"`
	Notice   string   `json:"notice,omitempty"` // what is not as in the archive
	Image    *Image   `json:"image,omitempty"`  // is in the store now
	Renamed  *Renamed `json:"renamed,omitempty"`
	Event    *Event   `json:"event,omitempty"`
	Layer    *Layer   `json:"layer,omitempty"`    // is in the store now
	Unpacked int64    `json:"unpacked,omitempty"` // of the blob, bytes
	Bytes    *int64   `json:"bytes,omitempty"`    // OpSizes: of the next path
	Error    string   `json:"error,omitempty"`
}

// Renamed is a name that an image has lost to a newly loaded one.
type Renamed struct {
	Name string `json:"name"`
	From string `json:"from"` // id of the image that had it
}
