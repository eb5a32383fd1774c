package logs

import "fmt"

// EventKind says what happened to a stream.
type EventKind int

const (
	// Rotated: the oldest segment was removed because there are MaxFiles newer ones.
	Rotated EventKind = iota + 1
	// Dropped: the oldest segment was removed because the disk is full.
	Dropped
	// Blocked: bytes cannot be stored; they stay in the pipe and the service
	// waits once that is full. The mover tries again until it can.
	Blocked
	// Resumed: a blocked stream flows again.
	Resumed
	// Degraded: splice(2) into this file system is refused, so bytes pass
	// through our memory and a kill may lose up to one chunk ([copySize]).
	Degraded
	// Losing: bytes cannot be stored, and the stream's writer is not to wait: they are
	// thrown away until they can.
	Losing
	// Lost: what came while Losing is gone, and the stream is stored again.
	Lost
)

var eventNames = map[EventKind]string{
	Rotated:  "rotated",
	Dropped:  "dropped",
	Blocked:  "blocked",
	Resumed:  "resumed",
	Degraded: "degraded",
	Losing:   "losing",
	Lost:     "lost",
}

// String returns the kind's name.
func (k EventKind) String() string { return eventNames[k] }

// Event is something about a stream that its owner may want to know.
type Event struct {
	Kind  EventKind
	Dir   string
	Name  string // of the stream
	Bytes uint64 // removed from disk, for Rotated and Dropped; never stored, for Lost
	Err   error  // why, for Blocked, Degraded and Losing
}

// String is one line for people, with the remedy where there is one.
func (e Event) String() string {
	at := e.Dir + "/" + e.Name
	switch e.Kind {
	case Rotated:
		return fmt.Sprintf("log %s: the oldest %d bytes were removed by rotation", at, e.Bytes)
	case Dropped:
		return fmt.Sprintf("log %s: the oldest %d bytes were removed because the disk is full", at, e.Bytes)
	case Blocked:
		remedy := "mend the file system (dmesg)"
		if outOfSpace(e.Err) {
			remedy = "free some space (df " + e.Dir + ")"
		}
		return fmt.Sprintf("log %s: %v; the service waits once its pipe is full: %s", at, e.Err, remedy)
	case Losing:
		return fmt.Sprintf("log %s: %v; what comes is thrown away (mode: non-blocking): free some space (df %s)", at, e.Err, e.Dir)
	case Lost:
		return fmt.Sprintf("log %s: can be written again; %d bytes were thrown away (mode: non-blocking)", at, e.Bytes)
	case Resumed:
		return fmt.Sprintf("log %s: can be written again, nothing was lost", at)
	case Degraded:
		return fmt.Sprintf("log %s: the file system refuses splice (%v): if the supervisor is killed, up to %d bytes may be lost; put MOCKER_DATA_HOME on ext4, xfs, btrfs or tmpfs", at, e.Err, copySize)
	}
	return at
}
