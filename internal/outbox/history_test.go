package outbox

import (
	"strconv"
	"testing"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/api"
)

func TestHistory(t *testing.T) {
	var h History
	at := func(n int) time.Time { return time.Unix(int64(n), 0) }
	for n := range 10 * Remembered {
		h.Add(api.Event{Time: at(n), Action: strconv.Itoa(n)})
		if len(h.list) > 2*Remembered {
			t.Fatalf("%d events are kept", len(h.list))
		}
	}
	last := 10*Remembered - 1
	for since, want := range map[int]int{0: Remembered, last: 1, last - 9: 10, last + 1: 0} {
		got := h.Since(at(since))
		if len(got) != want || want > 0 && got[want-1].Action != strconv.Itoa(last) {
			t.Errorf("since %d: %d events, want %d", since, len(got), want)
		}
	}
}
