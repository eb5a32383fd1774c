package logpipes

import (
	"bytes"
	"context"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/host/kept"
	"github.com/mocker-compose/mocker-compose/internal/logs"
	"github.com/mocker-compose/mocker-compose/internal/logs/journal"
	"github.com/mocker-compose/mocker-compose/internal/logs/lines"
	"github.com/mocker-compose/mocker-compose/internal/state"
	"github.com/mocker-compose/mocker-compose/supervisor/kernel"
)

// Store keeps files beyond the life of a supervisor (kept.Files).
type Store interface {
	Claim(name string) *os.File
	Has(name string) bool
	KeepAll(files map[string]*os.File) error
	Drop(names ...string) error
}

// Keeper keeps the lines of one project.
type Keeper struct {
	dirs    state.Dirs
	project string
	store   Store
	notice  func(string)
	mover   *logs.Mover
	journal func() *journal.Forwarder // made when a service has its lines sent there
	sends   atomic.Bool               // it is made
}

// Open begins to move lines. report is told what goes wrong meanwhile, notice what the
// user should know.
func Open(dirs state.Dirs, project string, store Store, report, notice func(string)) (*Keeper, error) {
	mover, err := logs.OpenMover(dirs.ProjectData(project), logs.MoverOptions{Report: func(e logs.Event) { report(e.String()) }})
	if err != nil {
		return nil, err
	}
	return &Keeper{
		dirs: dirs, project: project, store: store, notice: notice, mover: mover,
		journal: sync.OnceValue(func() *journal.Forwarder { return journal.New(report) }),
	}, nil
}

// Close ends the moving; the next supervisor goes on.
func (k *Keeper) Close() error {
	if k.sends.Load() {
		k.journal().Close()
	}
	return k.mover.Close()
}

func (k *Keeper) dir(container string) string { return k.dirs.LogDir(k.project, container) }

var streams = [2]string{"stdout", "stderr"}

// Survived tells whether the store has the pipes of a container, and nobody has claimed
// them.
func (k *Keeper) Survived(container string) bool {
	return k.store.Has(kept.Log(container, streams[0], "w"))
}

// Make makes the pipes of a container, or takes those that an earlier supervisor left,
// and has them moved into the files. With an error, what it made is in out for Drop.
func (k *Keeper) Make(sc *kernel.Container) (out [2]*os.File, err error) {
	for i, stream := range streams {
		read, write := k.store.Claim(kept.Log(sc.Name, stream, "r")), k.store.Claim(kept.Log(sc.Name, stream, "w"))
		if read == nil || write == nil {
			if read, write, err = k.newPipe(sc.Name, stream); err != nil {
				return out, err
			}
		}
		out[i] = write
		err = k.mover.Add(logs.Stream{Dir: k.dir(sc.Name), Name: stream, Pipe: read, Bounds: bounds(&sc.Service)})
		read.Close()
		if err != nil {
			return out, err
		}
	}
	k.send(sc)
	return out, nil
}

func (k *Keeper) newPipe(container, stream string) (read, write *os.File, err error) {
	if read, write, err = logs.NewPipe(); err != nil {
		return nil, nil, err
	}
	err = k.store.KeepAll(map[string]*os.File{kept.Log(container, stream, "r"): read, kept.Log(container, stream, "w"): write})
	if err != nil {
		read.Close()
		write.Close()
		return nil, nil, err
	}
	return read, write, nil
}

// Drop gives the pipes of a container up. It also drops other names from the store, to
// save a round trip.
func (k *Keeper) Drop(container string, out *[2]*os.File, others ...string) error {
	k.mover.Remove(k.dir(container))
	for i, stream := range streams {
		if out[i] != nil {
			out[i].Close()
			out[i] = nil
		}
		others = append(others, kept.Log(container, stream, "r"), kept.Log(container, stream, "w"))
	}
	return k.store.Drop(others...)
}

// Drain waits until what is in the pipes of a container is in its files.
func (k *Keeper) Drain(ctx context.Context, container string) error {
	return k.mover.Drain(ctx, k.dir(container))
}

// Hold keeps the log of a container from rotation (logs.HoldAll).
func (k *Keeper) Hold(container string) (*os.File, error) { return logs.HoldAll(k.dir(container)) }

// drainLimit bounds the wait for what is still in the pipes of a log.
const drainLimit = 5 * time.Second

// Tail reads the last lines of a container since a time.
func (k *Keeper) Tail(ctx context.Context, sc *kernel.Container, since time.Time, lines int) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, drainLimit)
	defer cancel()
	if err := k.Drain(ctx, sc.Name); err != nil {
		return "", err
	}
	var text bytes.Buffer
	err := logs.Print(ctx, &text, io.Discard, []logs.Source{{Dir: k.dir(sc.Name), Container: sc.Name, Service: sc.Service.Name}},
		logs.Query{Tail: lines, Since: since}, logs.Format{})
	return string(bytes.TrimSpace(text.Bytes())), err
}

// Follow hands over each line of a container since a time until found says that it was
// the one, or ctx ends.
func (k *Keeper) Follow(ctx context.Context, sc *kernel.Container, since time.Time, found func(line []byte) bool) error {
	return lines.Follow(ctx, logs.Source{Container: sc.Name, Dir: k.dir(sc.Name)}, since, found)
}
