package image

// Role is the name of the process that changes the store (see
// cmd/mocker-compose): it runs in the user namespace, where the owners of
// unpacked files can be set and such files deleted. Its one argument is a
// Request, its standard input the archive, its standard output lines of Message.
const Role = "image"

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
	Clean  *CleanOptions `json:"clean,omitempty"`
}

// The operations.
const (
	OpLoad   = "load"
	OpImport = "import"
	OpRemove = "remove"
	OpPrune  = "prune"
)

// Import says what becomes of the tar of a root file system.
type Import struct {
	Name    string   `json:"name,omitempty"`
	Message string   `json:"message,omitempty"`
	Changes []string `json:"changes,omitempty"` // Dockerfile lines
}

// Message is a line from the process. One field is set.
type Message struct {
	Progress string   `json:"progress,omitempty"`
	Notice   string   `json:"notice,omitempty"` // what is not as in the archive
	Image    *Image   `json:"image,omitempty"`  // is in the store now
	Renamed  *Renamed `json:"renamed,omitempty"`
	Event    *Event   `json:"event,omitempty"`
	Error    string   `json:"error,omitempty"`
}

// Renamed is a name that an image has lost to a newly loaded one.
type Renamed struct {
	Name string `json:"name"`
	From string `json:"from"` // id of the image that had it
}
