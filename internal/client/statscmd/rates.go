package statscmd

import (
	"slices"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/api"
)

// row is a container as it is shown; nil is what is not known.
type row struct {
	api.Usage
	cpu      *float64                        // percent of one processor
	pressure struct{ cpu, mem, io *float64 } // percent of the time
}

// runs reports that the row has counters.
func (r *row) runs() bool { return r.Run != "" }

// rates makes rows of answers.
type rates struct {
	processors int                  // 0 = not known
	last       map[string]api.Usage // by id
	at         time.Duration        // of the last answer
}

// next compares an answer, which came at a time of CLOCK_MONOTONIC, with the one before.
func (r *rates) next(list []api.Usage, now time.Duration) []row {
	rows := make([]row, len(list))
	last := make(map[string]api.Usage, len(list))
	for i, u := range list {
		last[u.ID] = u
		rows[i].Usage = u
		if u.Run == "" {
			continue
		}
		before, known := r.before(&u)
		took := u.At - before.At
		if known && took > 0 && u.CPU != nil && before.CPU != nil {
			share := r.share(*u.CPU-*before.CPU, took)
			rows[i].cpu = &share
		}
		if p := u.Pressure; p != nil {
			var was api.Pressure
			if before.Pressure != nil {
				was = *before.Pressure
			}
			known := known && took > 0
			rows[i].pressure.cpu = stalled(p.CPU, was.CPU, known, took)
			rows[i].pressure.mem = stalled(p.Memory, was.Memory, known, took)
			rows[i].pressure.io = stalled(p.IO, was.IO, known, took)
		}
	}
	r.last, r.at = last, now
	return rows
}

// before is what u is to be compared with. A run that was not there at the last
// answer began with nothing after it.
func (r *rates) before(u *api.Usage) (api.Usage, bool) {
	old, ok := r.last[u.ID]
	if ok && old.Run == u.Run {
		same := slices.Contains(old.Summed, "cpu") == slices.Contains(u.Summed, "cpu")
		return old, same
	}
	var none time.Duration
	var stall api.Stall
	return api.Usage{At: r.at, CPU: &none, Pressure: &api.Pressure{CPU: &stall, Memory: &stall, IO: &stall}}, r.last != nil
}

// share is processor time in percent of one processor.
func (r *rates) share(used, took time.Duration) float64 {
	p := max(0, 100*float64(used)/float64(took))
	if r.processors > 0 {
		p = min(p, 100*float64(r.processors))
	}
	return p
}

// stalled is the part of the time in which some task waited, in percent; before
// there are two answers, the kernel's own average.
func stalled(now, before *api.Stall, known bool, took time.Duration) *float64 {
	if now == nil {
		return nil
	}
	p := now.Avg10
	if known && before != nil {
		p = 100 * float64(now.Total-before.Total) / float64(took)
	}
	p = min(100, max(0, p))
	return &p
}
