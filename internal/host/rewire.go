package host

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/mocker-compose/mocker-compose/internal/etchosts"
	"github.com/mocker-compose/mocker-compose/internal/host/netspec"
	"github.com/mocker-compose/mocker-compose/netstack"
	"github.com/mocker-compose/mocker-compose/supervisor"
)

// Rewire makes the container stand where its service says, while it runs. What is
// about to be made is recorded before, so that the next supervisor mends what this
// one leaves; see finishChanges.
func (r *Runtime) Rewire(ctx context.Context, sc *supervisor.Container) error {
	done, err := r.turns.Take(ctx, sc.Name)
	if err != nil {
		return err
	}
	defer done()
	c := r.lookup(sc.Name)
	if c == nil || c.box == nil {
		return nil
	}
	return r.rewire(c, sc)
}

func (r *Runtime) rewire(c *container, sc *supervisor.Container) error {
	hosts, resolv := r.hostsFile(c, sc), r.resolvConf(c, sc)
	box, err := r.net.Change(c.name, netspec.Sandbox(sc), func(coming []netstack.EndpointInfo) error {
		c.rec.Coming = coming
		return r.save(c)
	})
	if box == nil {
		return err
	}
	r.mu.Lock()
	c.rec.Network, c.rec.Endpoints, c.rec.Coming = box.Spec(), box.Endpoints(), nil
	r.mu.Unlock()
	return errors.Join(err, r.save(c), r.editEtc(c, "hosts", hosts, r.hostsFile(c, sc)), r.editEtc(c, "resolv.conf", resolv, r.resolvConf(c, sc)))
}

// adoptNetwork goes on with the net namespace of a container. A change of it that was
// under way waits for finishChanges: others may stand where it leads to.
func (r *Runtime) adoptNetwork(c *container, sc *supervisor.Container) (err error) {
	spec, left := c.rec.Network, c.rec.Endpoints
	c.changing = len(c.rec.Coming) > 0 || !netspec.SameEndpoints(spec, netspec.Sandbox(sc))
	if c.changing {
		if spec, left, err = r.net.Survivors(spec, left, c.rec.Coming); err != nil {
			return err
		}
	}
	c.box, err = r.net.AdoptSandbox(c.name, spec, left)
	return err
}

// finishChanges makes what changes were under way; the supervisor's records say how
// it is to be.
func (r *Runtime) finishChanges(known map[string]supervisor.Known) {
	for name, k := range known {
		c := r.lookup(name)
		if c == nil || !c.changing {
			continue
		}
		c.changing = false
		if err := r.rewire(c, k.Container); err != nil {
			r.report(fmt.Sprintf("container %s: a change of its networks could not be finished: %v; run up again", name, err))
		}
	}
}

// mostEtc bounds what is read of a file that a container may write as well.
const mostEtc = 1 << 20

// editEtc takes out of a container's file below /etc what we had to say before, and
// puts in what we have to say now; what else is in it is the container's own. The file
// stays the same one: it is bound into containers.
func (r *Runtime) editEtc(c *container, name, before, now string) error {
	if before == now {
		return nil
	}
	here, _ := r.scratchFile(c.name, name)
	st, err := os.Stat(here)
	if errors.Is(err, os.ErrNotExist) {
		return nil // not yet complete: it is written with the rest
	}
	if err == nil && st.Size() > mostEtc {
		err = fmt.Errorf("/etc/%s of container %s stays as it is: the container has made it larger than %d bytes", name, c.name, mostEtc)
	}
	if err != nil {
		return err
	}
	b, err := os.ReadFile(here)
	if err != nil {
		return err
	}
	return os.WriteFile(here, []byte(etchosts.Replace(string(b), before, now)), 0o644)
}
