package outbox

import (
	"time"

	"github.com/mocker-compose/mocker-compose/internal/api"
)

// Remembered is how many events are kept for those who come late: as many as
// docker's daemon keeps.
const Remembered = 256

// History are the latest events. It is not safe for use by several goroutines.
type History struct {
	list []api.Event // at most twice as many, so that it is cut seldom
}

// Add remembers an event.
func (h *History) Add(e api.Event) {
	if len(h.list) >= 2*Remembered {
		h.list = append([]api.Event(nil), h.list[len(h.list)-Remembered:]...)
	}
	h.list = append(h.list, e)
}

// Since are the remembered events from a time on, the oldest first.
func (h *History) Since(t time.Time) []api.Event {
	list := h.list[max(0, len(h.list)-Remembered):]
	for n := range list {
		if !list[n].Time.Before(t) {
			return list[n:]
		}
	}
	return nil
}
