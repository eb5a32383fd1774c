package systemd

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	systemd "github.com/coreos/go-systemd/v22/dbus"
	"github.com/godbus/dbus/v5"

	"github.com/mocker-compose/mocker-compose/rootless/delegate"
)

const (
	// leaving is how long a unit of the same name may take to go.
	leaving = 3 * time.Second
	retry   = 20 * time.Millisecond
	// grace is what the processes of a scope get when the manager ends it, at the end
	// of the last session or of the machine: as long as docker gives a container.
	grace = 10 * time.Second
)

// properties of the scope (systemd.scope(5), systemd.resource-control(5)). Its slice
// is the manager's choice: app.slice, or system.slice.
func properties(q delegate.Question) []systemd.Property {
	return []systemd.Property{
		systemd.PropDescription(q.Description),
		systemd.PropPids(ids(q.PIDs)...),
		{Name: "Delegate", Value: dbus.MakeVariant(true)},
		{Name: "CollectMode", Value: dbus.MakeVariant("inactive-or-failed")},
		// The limits are those of the file, one container each, not one of the manager's for all.
		{Name: "TasksMax", Value: dbus.MakeVariant(uint64(math.MaxUint64))},
		{Name: "TimeoutStopUSec", Value: dbus.MakeVariant(uint64(grace.Microseconds()))},
	}
}

// scope makes the scope and waits until its processes are in it.
func (m *manager) scope(ctx context.Context, q delegate.Question, a *delegate.Answer) error {
	stopped := false
	for until := time.Now().Add(leaving); ; {
		err := m.start(ctx, q)
		if err == nil {
			a.Group, err = m.group(ctx, q.Unit)
			return err
		}
		if !named(err, "org.freedesktop.systemd1.UnitExists") {
			return err
		}
		if m.failed(ctx, q.Unit) {
			_ = m.conn.ResetFailedUnitContext(ctx, q.Unit) // it may have gone just now: the next try tells
		} else if a.Group, _ = m.group(ctx, q.Unit); a.Group != "" && delegate.Populated(a.Group) {
			a.Taken = true
			return nil
		}
		if time.Now().After(until) {
			if stopped {
				return fmt.Errorf("the unit %s of before does not end: %w", q.Unit, err)
			}
			// Its processes ended while it was made: no group became empty, so that the
			// manager waits for that for ever. Nobody is in it who could lose by this.
			_, _ = m.conn.StopUnitContext(ctx, q.Unit, "fail", nil) // the next try tells
			stopped, until = true, time.Now().Add(leaving)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(retry):
		}
	}
}

// start asks for the scope and waits for the end of the job.
func (m *manager) start(ctx context.Context, q delegate.Question) error {
	result := make(chan string, 1)
	if _, err := m.conn.StartTransientUnitContext(ctx, q.Unit, "fail", properties(q), result); err != nil {
		return err
	}
	select {
	case r := <-result:
		if r != "done" {
			journal := "journalctl --user -u "
			if q.UID == 0 {
				journal = "journalctl -u "
			}
			return fmt.Errorf("the start of %s has ended as %q: its journal says why: %s%s", q.Unit, r, journal, q.Unit)
		}
		return nil
	case <-ctx.Done():
		return fmt.Errorf("the start of %s does not end: %w", q.Unit, ctx.Err())
	}
}

// group is the cgroup of a scope, "" while it has none.
func (m *manager) group(ctx context.Context, unit string) (string, error) {
	p, err := m.conn.GetUnitTypePropertyContext(ctx, unit, "Scope", "ControlGroup")
	if err != nil {
		return "", err
	}
	s, _ := p.Value.Value().(string)
	return s, nil
}

func (m *manager) failed(ctx context.Context, unit string) bool {
	p, err := m.conn.GetUnitPropertyContext(ctx, unit, "ActiveState")
	if err != nil {
		return false
	}
	s, _ := p.Value.Value().(string)
	return s == "failed"
}

func named(err error, name string) bool {
	var e dbus.Error
	return errors.As(err, &e) && e.Name == name
}
