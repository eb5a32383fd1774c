package rootless

import "fmt"

// PID is the holder's process id in the caller's pid namespace, for who can name a
// process in no other way, as systemd. An error: it has ended.
func (h *HolderClient) PID() (int, error) {
	pid, err := h.conn.PeerPID()
	if err != nil || pid <= 0 || !alive(h.pidfd) { // looked at last: while it lives, the id is its own
		return 0, fmt.Errorf("the id of the project's holder: %w", ErrHolderGone)
	}
	return int(pid), nil
}
