package host

import (
	"errors"
	"os"
	"strings"

	"github.com/mocker-compose/mocker-compose/internal/host/pids"
	"github.com/mocker-compose/mocker-compose/internal/state"
	"github.com/mocker-compose/mocker-compose/internal/undo"
	"github.com/mocker-compose/mocker-compose/netstack"
	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/supervisor"
)

// network_mode: service:X and container:X. The net namespace is X's, from its
// creation to its removal; whoever joins it looks X up at each start and gets the
// namespace, and X's files below /etc. X may end and start as it likes. If it is
// removed while somebody runs in its namespace, that is parked: its record stays in
// a file, and its next container, or the end of the last that runs in it, takes it
// away.

// parkedName ends the name of the record of a parked namespace. It is a scratch
// file, as the namespace itself dies with the holder.
const parkedName = "network.json"

// parked is what is known of the container that a parked namespace belonged to.
type parked struct {
	Service  string                  `json:"service"`
	Number   int                     `json:"number"`
	Hostname string                  `json:"hostname"`
	Network  netstack.SandboxSpec    `json:"network"`
	At       []netstack.EndpointInfo `json:"at,omitempty"`
}

// netOwner finds the container whose net namespace a joined one has: the one of
// its last start, as long as there is one of that name, else whom network_mode
// means now.
func (r *Runtime) netOwner(c *container) (*container, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	owner := c
	for range len(r.containers) + 1 { // who is joined may join in turn
		mode := owner.rec.Joined
		if mode == "" {
			return owner, nil
		}
		next := r.containers[owner.rec.NetOf]
		if next == nil || !next.isMeant(mode) {
			next = r.meant(mode, func(o *container) bool { return o != c })
		}
		if next == nil && owner.rec.NetOf != "" {
			next = r.parked[owner.rec.NetOf]
		}
		if next == nil {
			return nil, errors.New("there is no such container")
		}
		owner = next
	}
	return nil, errors.New("they join each other in a circle")
}

// isMeant reports that a key such as network_mode means c.
func (c *container) isMeant(who string) bool {
	if name, ok := strings.CutPrefix(who, project.OfContainer); ok {
		return c.name == name
	}
	return who == project.OfService+c.service
}

// join gives a run the net namespace that network_mode asks for, and records whose it is.
func (r *Runtime) join(c *container) error {
	if c.rec.Joined == "" {
		return nil
	}
	owner, err := r.netOwner(c)
	if err == nil && owner.box == nil && !owner.rec.HostNet {
		err = errors.New("it has no network: its supervisor was replaced before it was complete")
	}
	if err != nil {
		return &supervisor.StartError{Stage: "network of", Object: c.rec.Joined, Err: err, Hint: "create it first: mocker-compose up -d"}
	}
	r.mu.Lock()
	c.rec.NetOf, c.rec.HostNet = owner.name, owner.rec.HostNet
	r.mu.Unlock()
	return r.save(c)
}

// netBox is the net namespace that a container runs in; nil: the host's.
func (r *Runtime) netBox(c *container) *netstack.Sandbox {
	if owner, err := r.netOwner(c); err == nil {
		return owner.box
	}
	return nil
}

// etcOf is the container whose files below /etc a container has.
func (r *Runtime) etcOf(c *container) string {
	if c.rec.Joined != "" && c.rec.NetOf != "" {
		return c.rec.NetOf
	}
	return c.name
}

// sharers are the containers that run in the net namespace of name. It is called
// with the lock.
func (r *Runtime) sharers(name string) (all []*container) {
	for _, c := range r.containers {
		if c.rec.Joined == "" || c.rec.NetOf != name || c.run == nil || c.run.Pidfd == nil {
			continue
		}
		if _, err := pids.Of(c.run.Pidfd); err == nil {
			all = append(all, c)
		}
	}
	return all
}

// park keeps the namespace of a container that is being removed, for those who run
// in it; false if there are none.
func (r *Runtime) park(c *container) (bool, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if c.box == nil || len(r.sharers(c.name)) == 0 {
		return r.parked[c.name] != nil, nil // that of a predecessor stays
	}
	here, _ := r.scratchFile(c.name, parkedName)
	err := state.Save(here, parked{Service: c.service, Number: c.number, Hostname: c.hostname, Network: c.rec.Network, At: c.box.Endpoints()})
	if err != nil {
		return false, err
	}
	r.parked[c.name] = c
	return true, nil
}

// takeOver gives c the parked namespace of its name; false if there is none. Its
// record stays until that of c is written.
func (r *Runtime) takeOver(c *container, back *undo.Stack) (bool, error) {
	r.mu.Lock()
	was := r.parked[c.name]
	delete(r.parked, c.name)
	r.mu.Unlock()
	if was == nil {
		return false, nil
	}
	back.Add("network", func() error {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.parked[c.name] = was
		return nil
	})
	box, err := r.net.Change(c.name, c.rec.Network, func([]netstack.EndpointInfo) error { return nil })
	if err != nil {
		return true, err
	}
	c.box, c.rec.Endpoints = box, box.Endpoints()
	return true, nil
}

// forgetParked removes the record of a namespace that is parked no longer.
func (r *Runtime) forgetParked(name string) error {
	here, _ := r.scratchFile(name, parkedName)
	if err := os.Remove(here); !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

// leave gives up the parked namespace that a run was the last in.
func (r *Runtime) leave(c *container) error {
	r.mu.Lock()
	of := r.parked[c.rec.NetOf]
	if c.rec.Joined == "" || of == nil || len(r.sharers(of.name)) > 0 {
		r.mu.Unlock()
		return nil
	}
	delete(r.parked, of.name)
	r.mu.Unlock()
	return errors.Join(r.net.RemoveSandbox(of.name), r.removeEtc(of.name), r.forgetParked(of.name))
}

// adoptParked goes on with the namespaces of containers that were removed, or whose
// successors were not complete, for those who run in them.
func (r *Runtime) adoptParked() {
	r.mu.Lock()
	owners := map[string]bool{}
	for _, c := range r.containers {
		if c.rec.Joined != "" && r.containers[c.rec.NetOf] == nil && len(r.sharers(c.rec.NetOf)) > 0 {
			owners[c.rec.NetOf] = true
		}
	}
	r.mu.Unlock()
	for name := range owners {
		here, _ := r.scratchFile(name, parkedName)
		var p parked
		if _, err := state.Load(here, &p); err != nil {
			continue
		}
		box, err := r.net.AdoptSandbox(name, p.Network, p.At)
		if err != nil {
			r.report(err.Error())
			continue
		}
		r.mu.Lock()
		r.parked[name] = &container{
			name: name, service: p.Service, number: p.Number, hostname: p.Hostname, box: box,
			rec: record{Network: p.Network, Endpoints: p.At},
		}
		r.mu.Unlock()
	}
}
