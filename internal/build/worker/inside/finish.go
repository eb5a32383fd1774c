package inside

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/build"
	"github.com/mocker-compose/mocker-compose/internal/build/harvest"
	"github.com/mocker-compose/mocker-compose/internal/fusemarks"
	"github.com/mocker-compose/mocker-compose/internal/image/exact"
	"github.com/mocker-compose/mocker-compose/internal/image/layerstore"
	"github.com/mocker-compose/mocker-compose/rootless/sandbox"
)

// finish makes a layer of what the step has changed.
func (s *step) finish(ctx context.Context, epoch *time.Time) (build.Layer, error) {
	if err := s.settle(); err != nil {
		return build.Layer{}, err
	}
	if err := s.unmount(); err != nil {
		return build.Layer{}, err
	}
	res, err := s.harvest(ctx, epoch)
	if err != nil {
		return build.Layer{}, err
	}
	s.tell(&res)
	if res.Empty {
		return build.Layer{Empty: true}, nil
	}
	lease, err := s.room.Take(ctx, res.DiffID, s.p.singleID, res.Stats)
	if err != nil {
		return build.Layer{}, err
	}
	s.p.keep(lease)
	return build.Layer{Key: lease.Key, DiffID: res.DiffID, Size: res.Stats.Bytes}, nil
}

// settle ends all changes: the layer is what its digest says, also if the program has
// passed files on to one of another step that they share a cache with. Files that a
// process serves end with it, and of a copy the layer is another copy.
func (s *step) settle() error {
	if !s.programs || s.root == nil || s.p.union() != byKernel {
		return nil
	}
	return sandbox.Settle(s.root)
}

// harvest makes the upper directory ready, and the record of its tar.
func (s *step) harvest(ctx context.Context, epoch *time.Time) (res harvest.Result, err error) {
	o := harvest.Options{Epoch: epoch}
	if len(s.layers) > 0 && !s.linked {
		if o.Below, err = s.mount(ctx, s.layers, ""); err != nil {
			return res, err
		}
		defer o.Below.Close()
	}
	upper, err := os.Open(s.upper())
	if err != nil {
		return res, err
	}
	defer upper.Close()
	if err := s.ready(ctx, upper, o.Below); err != nil {
		return res, err
	}
	record, err := os.OpenFile(filepath.Join(s.room.Path(), layerstore.TarRecord), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return res, err
	}
	defer record.Close()
	r := exact.NewRecorder(record)
	o.Record = r
	res, err = harvest.Layer(ctx, upper, o)
	if cerr := r.Close(); err == nil { // else it says the same again
		err = cerr
	}
	return res, err
}

// ready gives the upper directory the form that the harvest knows.
func (s *step) ready(ctx context.Context, upper, below *os.File) error {
	switch {
	case s.linked: // it was never an overlay's
		return nil
	case s.tree != "":
		return s.extract(ctx, below)
	}
	if s.p.union() == byFuse {
		if err := fusemarks.Normalize(upper); err != nil {
			return err
		}
	}
	if !s.programs {
		return nil
	}
	return tidyBase(upper, below)
}

// tell says what of the step is not in its layer.
func (s *step) tell(res *harvest.Result) {
	if res.Names > 0 {
		s.p.notice(fmt.Sprintf("build: %d files whose names begin with .wh. are left out: in a layer such a name deletes another file", res.Names))
	}
	if n := res.Stats.Left.Devices; n > 0 {
		s.p.notice(fmt.Sprintf("build: %d device nodes are left out: a plain user cannot make any", n))
	}
}

// keep holds a layer until the worker is closed.
func (p *process) keep(l *layerstore.Lease) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.leases = append(p.leases, l)
}
