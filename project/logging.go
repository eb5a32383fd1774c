package project

// LogDriver says where the lines of a service go besides our own files.
type LogDriver string

// The log drivers. Every other one of docker's keeps lines in our files, and is
// said to do so.
const (
	LogFiles   LogDriver = ""         // our own files: json-file and local
	LogNone    LogDriver = "none"     // nothing is kept
	LogJournal LogDriver = "journald" // our files, and from them into the systemd journal
)

// Logging is where the lines of a service go (compose spec, logging). How much of
// them is kept is in [Service.LogMaxSize] and [Service.LogMaxFile].
type Logging struct {
	Driver LogDriver `json:"driver,omitempty"`
	// NonBlocking: the service is never made to wait for its log; what cannot be
	// stored is dropped and counted (mode: non-blocking).
	NonBlocking bool `json:"non_blocking,omitempty"`
	// Tag is a template for the name that lines have in the journal, in the subset
	// that package internal/logs/tag reads; "" = docker's default, {{.ID}}.
	Tag string `json:"tag,omitempty"`
	// Labels and Env are names, LabelsRegex and EnvRegex patterns (RE2) of names, of
	// the container's labels and variables that become fields of the journal.
	Labels      []string `json:"labels,omitempty"`
	LabelsRegex string   `json:"labels_regex,omitempty"`
	Env         []string `json:"env,omitempty"`
	EnvRegex    string   `json:"env_regex,omitempty"`
}
