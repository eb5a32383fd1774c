package limits

import (
	"math"
	"testing"

	"github.com/mocker-compose/mocker-compose/project"
)

func TestWithin(t *testing.T) {
	for _, c := range []struct{ pids, room, want int64 }{
		{0, math.MaxInt64, 0}, // project.DefaultPids
		{0, 8 * project.DefaultPids, 0},
		{0, 5238, 654},
		{0, 100, fewestPids},
		{-1, 100, -1},
		{20, 5238, 20},
		{5000, 5238, 5000},
	} {
		if got := Within(project.Resources{Pids: c.pids}, c.room).Pids; got != c.want {
			t.Errorf("pids %d in a room of %d: %d, want %d", c.pids, c.room, got, c.want)
		}
	}
	for _, room := range []int64{640, 5238, 20000, 65536} { // five bombs do not fill it
		if got := *OCI(Within(project.Resources{}, room)).Pids.Limit; 5*got > room*7/10 {
			t.Errorf("%d of %d", got, room)
		}
	}
}
