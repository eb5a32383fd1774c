package logs

import "time"

// Source is the log directory of one container.
type Source struct {
	Container string // what the prefix shows: the name without the project, "web-1"
	Service   string // decides the colour
	Dir       string // need not exist yet
	// Hold makes rotation wait until we have printed what it would remove.
	Hold bool
}

// Query chooses lines.
type Query struct {
	Follow bool
	Tail   int // the last lines of each container; -1 = all of them
	// Since and Until bound the time of arrival, both inclusive; zero = unbounded.
	Since, Until time.Time
}

// Format is how lines are shown.
type Format struct {
	Prefix     bool // "web-1  | " before each line
	Color      bool // of the prefix, by service
	Timestamps bool // of arrival, RFC 3339 with nanoseconds, UTC
	Raw        bool // the bytes as written, nothing added nor changed; overrules the others
	Width      int  // the least width of names; grows to the longest one
	Terminal   bool // show control bytes safely
}
