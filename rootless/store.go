package rootless

import (
	"maps"
	"os"
	"slices"

	"github.com/mocker-compose/mocker-compose/internal/wire"
)

// keep stores a file under a name, in place of what was there.
func (h *projectHolder) keep(name string, f *os.File) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if old := h.kept[name]; old != nil {
		old.Close()
	}
	h.kept[name] = f
}

func (h *projectHolder) drop(name string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if f := h.kept[name]; f != nil {
		f.Close()
		delete(h.kept, name)
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
