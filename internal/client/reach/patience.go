package reach

import (
	"context"
	"fmt"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/api"
)

const (
	// deathsLimit is how many supervisors may die of one request. A few kills are an
	// accident; so many are the request's fault.
	deathsLimit = 20
	// idleDeathsLimit is how many may die before the request has its turn: they do not
	// die of it, but somebody wants to know in the end.
	idleDeathsLimit = 10 * deathsLimit
	// steadyTime is how long a supervisor must have served a lasting request to count as
	// one that does not die of it.
	steadyTime = time.Second
)

// Patience counts the supervisors that die under one request, and knows which of them
// may have died of it. Its zero value is ready for the first.
type Patience struct {
	// Lasting: the request is served for as long as something goes on, as run's is. Others
	// end, and a supervisor may well take its time to die of one.
	Lasting bool
	deaths  int // in a row, of those that the request may be to blame for
	all     int // in a row
	began   time.Time
	waiting bool // the request does not have its turn yet
}

// Begin is another attempt of a request.
func (p *Patience) Begin(op api.Op) { p.began, p.waiting = time.Now(), op.Queues() }

// Heard looks at an answer to the attempt.
func (p *Patience) Heard(a *api.Answer) {
	if a.Turn != "" {
		p.waiting = a.Turn == api.TurnWaits
	}
}

// Works notes that the attempt is well served: whoever dies now does not die of it.
func (p *Patience) Works() { p.deaths, p.all = 0, 0 }

// Again waits a moment for the next supervisor of a project, unless too many have died.
// One whose project is just ending takes connections and ends them for some milliseconds
// more: in which all attempts could be made.
func (p *Patience) Again(ctx context.Context, s *Supervisors, project string) error {
	p.all++
	switch {
	case p.waiting:
	case p.Lasting && time.Since(p.began) > steadyTime:
		p.deaths, p.all = 1, 1
	default:
		p.deaths++
	}
	if p.deaths > deathsLimit || p.all > idleDeathsLimit {
		return fmt.Errorf("project %s: the supervisor dies again and again; see %s/supervisor.log", project, s.Dirs.ProjectData(project))
	}
	pause := firstPause
	for range min(p.all, deathsLimit) - 1 {
		pause = longer(pause)
	}
	return sleep(ctx, pause)
}
