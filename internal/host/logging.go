package host

import (
	"cmp"
	"fmt"

	"github.com/mocker-compose/mocker-compose/internal/logs"
	"github.com/mocker-compose/mocker-compose/internal/logs/journal"
	"github.com/mocker-compose/mocker-compose/internal/logs/tag"
	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/supervisor"
)

// passingSize bounds what a service without a log (driver none) has on disk, in bytes
// for each stream: its lines pass through a file on their way to whoever is attached.
const passingSize = 64 << 10

// logBounds are how much of a service's lines is kept.
func logBounds(s *project.Service) logs.Bounds {
	if s.Logging.Driver == project.LogNone {
		return logs.Bounds{MaxSize: passingSize, MaxFiles: 1}
	}
	return logs.Bounds{MaxSize: s.LogMaxSize, MaxFiles: s.LogMaxFile, NonBlocking: s.Logging.NonBlocking}
}

// Relog makes the container's log what its service says now.
func (r *Runtime) Relog(sc *supervisor.Container) error {
	r.sendLog(sc)
	return r.logs.Bound(r.dirs.LogDir(r.project, sc.Name), logBounds(&sc.Service))
}

// sendLog begins, or ends, to send the container's lines into the journal.
func (r *Runtime) sendLog(sc *supervisor.Container) {
	dir := r.dirs.LogDir(r.project, sc.Name)
	if sc.Service.Logging.Driver != project.LogJournal {
		if r.sends.Load() {
			r.journal().Forget(dir)
		}
		return
	}
	if err := journal.Available(); err != nil {
		r.notice(fmt.Sprintf("services.%s.logging.driver: %v: its lines are kept in files alone, which mocker-compose logs reads", sc.Service.Name, err))
	}
	r.sends.Store(true)
	r.journal().Add(dir, &journal.Container{
		Project: r.project, Service: sc.Service.Name, Number: sc.Number,
		Facts:   tag.Facts{ID: sc.ID, Name: sc.Name, Image: cmp.Or(sc.Image.Name, sc.Service.Image), ImageID: sc.Image.ID},
		Logging: sc.Service.Logging, Labels: sc.Service.Labels, Env: sc.Service.Environment,
	})
}

// endLog sends what is left of the lines of a container that goes.
func (r *Runtime) endLog(sc *supervisor.Container) {
	if r.sends.Load() {
		r.journal().Finish(r.dirs.LogDir(r.project, sc.Name))
	}
}

// closeJournal ends the sending; the next supervisor goes on.
func (r *Runtime) closeJournal() {
	if r.sends.Load() {
		r.journal().Close()
	}
}
