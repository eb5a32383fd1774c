package logpipes

import (
	"cmp"
	"fmt"
	"os"

	"github.com/mocker-compose/mocker-compose/internal/logs"
	"github.com/mocker-compose/mocker-compose/internal/logs/journal"
	"github.com/mocker-compose/mocker-compose/internal/logs/tag"
	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/supervisor/kernel"
)

// passingSize bounds what a service without a log (driver none) has on disk, in bytes
// for each stream: its lines pass through a file on their way to whoever is attached.
const passingSize = 64 << 10

// bounds are how much of a service's lines is kept.
func bounds(s *project.Service) logs.Bounds {
	if s.Logging.Driver == project.LogNone {
		return logs.Bounds{MaxSize: passingSize, MaxFiles: 1}
	}
	return logs.Bounds{MaxSize: s.LogMaxSize, MaxFiles: s.LogMaxFile, NonBlocking: s.Logging.NonBlocking}
}

// Change makes where a container's lines go, and how many are kept, what its service
// says now.
func (k *Keeper) Change(sc *kernel.Container) error {
	k.send(sc)
	return k.mover.Bound(k.dir(sc.Name), bounds(&sc.Service))
}

// send begins, or ends, to send the container's lines into the journal.
func (k *Keeper) send(sc *kernel.Container) {
	dir := k.dir(sc.Name)
	if sc.Service.Logging.Driver != project.LogJournal {
		if k.sends.Load() {
			k.journal().Forget(dir)
		}
		return
	}
	if err := journal.Available(); err != nil {
		k.notice(fmt.Sprintf("services.%s.logging.driver: %v: its lines are kept in files alone, which mocker-compose logs reads", sc.Service.Name, err))
	}
	k.add(sc)
}

func (k *Keeper) add(sc *kernel.Container) {
	k.sends.Store(true)
	k.journal().Add(k.dir(sc.Name), &journal.Container{
		Project: k.project, Service: sc.Service.Name, Number: sc.Number,
		Facts:   tag.Facts{ID: sc.ID, Name: sc.Name, Image: cmp.Or(sc.Image.Name, sc.Service.Image), ImageID: sc.Image.ID},
		Logging: sc.Service.Logging, Labels: sc.Service.Labels, Env: sc.Service.Environment,
	})
}

// Finish sends what is left of the lines of a container that goes: also of one that has
// ended under an earlier supervisor, which could not send all of them.
func (k *Keeper) Finish(sc *kernel.Container) {
	if _, err := os.Stat(k.dir(sc.Name)); err == nil && sc.Service.Logging.Driver == project.LogJournal {
		k.add(sc)
	}
	if k.sends.Load() {
		k.journal().Finish(k.dir(sc.Name))
	}
}
