package rootless

import (
	"maps"
	"os"
	"slices"

	"github.com/mocker-compose/mocker-compose/internal/wire"
)

// keep stores each file under its name, in place of what was there.
func (h *projectHolder) keep(names []string, files []*os.File) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for i, name := range names {
		if old := h.kept[name]; old != nil {
			old.Close()
		}
		h.kept[name] = files[i]
	}
}

func (h *projectHolder) drop(names []string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, name := range names {
		if f := h.kept[name]; f != nil {
			f.Close()
			delete(h.kept, name)
		}
	}
}

// sendKept sends the whole store. The lock is held so that no file is closed
// while it is being sent; the receiver is our supervisor, which reads.
func (h *projectHolder) sendKept(c *wire.Conn, seq int) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	names := slices.Sorted(maps.Keys(h.kept))
	for batch := range slices.Chunk(names, wire.MaxFiles) {
		files := make([]*os.File, len(batch))
		for i, n := range batch {
			files[i] = h.kept[n]
		}
		if err := c.Send(holderAnswer{Seq: seq, Names: batch, More: true}, files...); err != nil {
			return err
		}
	}
	return c.Send(holderAnswer{Seq: seq})
}
