package host

import (
	"context"
	"errors"

	"github.com/mocker-compose/mocker-compose/internal/host/kept"
	"github.com/mocker-compose/mocker-compose/internal/safepath"
	"github.com/mocker-compose/mocker-compose/supervisor"
)

// Remove releases everything of a container that does not run.
func (r *Runtime) Remove(ctx context.Context, sc *supervisor.Container, volumes bool) error {
	done, err := r.turns.Take(ctx, sc.Name)
	if err != nil {
		return err
	}
	defer done()
	c := r.lookup(sc.Name)
	if c == nil {
		c = &container{name: sc.Name} // of an earlier boot: only its files are left
	}
	parked, err := r.park(c)
	errs := []error{err, r.endRun(ctx, c), r.leave(c), r.forgetRun(c)}
	if !parked {
		errs = append(errs, r.net.RemoveSandbox(sc.Name), r.removeEtc(sc.Name))
	}
	r.logs.Finish(sc)
	errs = append(errs,
		r.logs.Drop(c.name, &c.out, kept.TTY(sc.Name), kept.Stdin(sc.Name)),
		r.closeNotify(c, sc),
		r.removeScratch(sc.Name),
		safepath.RemoveBelow(r.containersDir(), sc.Name),
	)
	if volumes {
		errs = append(errs, r.vols.RemoveAnonymous(r.owner(sc)))
	}
	r.setInput(c, nil)
	r.unregister(sc.Name)
	return errors.Join(errs...)
}
