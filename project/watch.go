package project

// WatchAction is what follows a change of a watched file (compose spec,
// "develop.watch.action").
type WatchAction string

// The actions of develop.watch.
const (
	WatchSync        WatchAction = "sync"         // copy what changed into the containers
	WatchRebuild     WatchAction = "rebuild"      // build the image, replace the containers
	WatchRestart     WatchAction = "restart"      // restart the containers
	WatchSyncRestart WatchAction = "sync+restart" // copy, then restart
	WatchSyncExec    WatchAction = "sync+exec"    // copy, then execute a command inside
)

// WatchActions are all there are.
var WatchActions = []WatchAction{WatchRebuild, WatchSync, WatchRestart, WatchSyncRestart, WatchSyncExec}

// Syncs reports that files are copied into containers.
func (a WatchAction) Syncs() bool {
	return a == WatchSync || a == WatchSyncRestart || a == WatchSyncExec
}

// Watch is one rule of develop.watch (compose spec, "watch"). Only who watches reads
// it: a container does not depend on it, and the supervisor never gets it.
type Watch struct {
	Path   string      `json:"path"` // absolute; a directory or a file, which need not exist
	Action WatchAction `json:"action"`
	Target string      `json:"target,omitempty"` // absolute, in the container; "" where nothing is copied
	Exec   *Hook       `json:"exec,omitempty"`   // of sync+exec
	// Include and Ignore are patterns as in .dockerignore, relative to Path. No
	// Include = everything.
	Include     []string `json:"include,omitempty"`
	Ignore      []string `json:"ignore,omitempty"`
	InitialSync bool     `json:"initial_sync,omitempty"`
	Source      Position `json:"source"`
}
