package host

import (
	"cmp"
	"context"
	"slices"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/internal/usage"
)

// Usage tells what the containers that run have used.
func (r *Runtime) Usage(ctx context.Context) ([]api.Usage, error) {
	subjects, netOf := r.subjects()
	list, err := r.meter.Read(ctx, subjects)
	if err != nil {
		return nil, err
	}
	networks, err := r.net.Usage()
	if err != nil {
		return nil, err
	}
	type traffic struct{ received, sent uint64 }
	through := map[string]traffic{}
	for i := range networks {
		for _, e := range networks[i].Endpoints {
			t := through[e.Container]
			through[e.Container] = traffic{t.received + e.RxBytes, t.sent + e.TxBytes}
		}
	}
	for i := range list {
		t := through[netOf[list[i].Name]]
		list[i].Received, list[i].Sent = &t.received, &t.sent
	}
	return list, nil
}

// subjects are the runs that live, and whose net namespace each is in.
func (r *Runtime) subjects() (list []usage.Subject, netOf map[string]string) {
	netOf = map[string]string{}
	meant := map[string]bool{} // those whose pid namespace others live in
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range r.containers {
		meant[c.rec.PID] = true
	}
	for _, c := range r.containers {
		if c.run == nil || c.run.Pidfd == nil {
			continue
		}
		shared := c.sharesPID() || meant["service:"+c.service] || meant["container:"+c.name]
		list = append(list, usage.Subject{Name: c.name, Run: c.run.Name, Pidfd: c.run.Pidfd, Shared: shared})
		netOf[c.name] = c.name
		if c.rec.Joined != "" {
			netOf[c.name] = c.rec.NetOf
		}
	}
	slices.SortFunc(list, func(a, b usage.Subject) int { return cmp.Compare(a.Name, b.Name) })
	return list, netOf
}
