package logquery

import (
	"testing"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/logs"
)

func TestQuery(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	q, err := (&Options{Tail: "-5", Since: "10m"}).Query(now)
	if want := (logs.Query{Tail: -1, Since: now.Add(-10 * time.Minute)}); err != nil || q != want {
		t.Errorf("%+v, %v; want %+v", q, err, want)
	}
}
