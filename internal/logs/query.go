package logs

import (
	"time"

	"github.com/mocker-compose/mocker-compose/internal/logs/match"
)

// Source is the log directory of one container.
type Source struct {
	Container string // what the prefix shows: the name without the project, "web-1"
	Service   string // decides the colour
	Name      string // the container's whole name, for JSON
	Dir       string // need not exist yet
	// Since is a bound of this one's time of arrival, besides the query's; zero = none.
	Since time.Time
	// Resume are the positions in its streams to go on at, instead of where the query
	// begins; streams that it does not name begin at 0. nil: the query says.
	Resume map[string]uint64
	// Hold makes rotation wait until we have printed what it would remove.
	Hold bool
}

// Query chooses lines.
type Query struct {
	Follow bool
	Tail   int // the last lines of each container; -1 = all of them
	// Since and Until bound the time of arrival, both inclusive; zero = unbounded.
	Since, Until time.Time
	// Filter chooses among these lines, and Tail counts what it chooses; nil = all.
	Filter *match.Filter
}

// Format is how lines are shown.
type Format struct {
	Prefix     bool // "web-1  | " before each line
	Color      bool // of the prefix, by service
	Timestamps bool // of arrival, RFC 3339 with nanoseconds, UTC
	Raw        bool // the bytes as written, nothing added nor changed; overrules the others
	Width      int  // the least width of names; grows to the longest one
	Terminal   bool // show control bytes safely
	Highlight  bool // what a filter's patterns match, by colour
	JSON       bool // an object for each line, all of them to standard output; overrules all but Each
	// Each gets the lines instead of an output. An error ends Run.
	Each func(*Line) error
}

// Line is one line, or a piece of one that is longer than holdMost.
type Line struct {
	Source   *Source
	Stream   string // stdout or stderr
	Sequence uint64 // of its last bytes: the order of arrival in the project
	Time     time.Time
	Text     []byte // without its line feed; valid until Each returns
	Partial  bool   // another piece follows
	Position uint64 // in the stream, behind it
}
