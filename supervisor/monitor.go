package supervisor

import (
	"context"
	"time"

	"github.com/mocker-compose/mocker-compose/supervisor/inside"
	"github.com/mocker-compose/mocker-compose/supervisor/policy"
	"github.com/mocker-compose/mocker-compose/supervisor/ready"
	"github.com/mocker-compose/mocker-compose/supervisor/record"
)

// startMonitor begins the health checks of the run, and the watch over its readiness.
// One goroutine each: it waits, probes, and hands each verdict to the loop.
func (s *Supervisor) startMonitor(i *instance) {
	svc := &i.rec.Service
	if !policy.Watched(svc) {
		return
	}
	ctx, cancel := context.WithCancel(s.ctx)
	i.monitor = cancel
	m := &monitor{s: s, c: i.rec.Container, run: i.run, started: i.rec.Started}
	health := i.rec.Health
	healthy := i.rec.Health.Status == policy.Healthy
	s.actions = append(s.actions, action{run: func() { s.rt.SetHealthy(&m.c, healthy) }})
	both := policy.Checked(svc.HealthCheck) && svc.Ready != nil
	if both {
		if i.rec.Parts == nil {
			i.rec.Parts = &record.Parts{Check: policy.Fresh(svc), Ready: policy.Fresh(svc)}
		}
		health = i.rec.Parts.Check
	}
	if policy.Checked(svc.HealthCheck) {
		s.actions = append(s.actions, action{run: func() { s.executor().Check(ctx, &m.c, m.started, health, func(h policy.Health) { m.tell(ctx, h) }) }})
	}
	if svc.Ready != nil {
		h := i.rec.Health
		if both {
			h = i.rec.Parts.Ready
		}
		asked := i.asked
		if asked.Before(m.started) {
			asked = m.started
		}
		tell := func(h policy.Health, lasting bool) error { return m.tellReady(ctx, h, lasting) }
		s.actions = append(s.actions, action{run: func() { ready.Watch(ctx, s.rt, &m.c, m.started, asked, h, tell) }})
	}
}

func (s *Supervisor) stopMonitor(i *instance) {
	if i.monitor != nil {
		i.monitor()
		i.monitor = nil
	}
}

// checkAnew begins the health checks of a run once more, without a verdict: its check is
// another one. Called on the loop.
func (s *Supervisor) checkAnew(i *instance) {
	if i.rec.State != Running {
		return
	}
	s.stopMonitor(i)
	i.rec.Health, i.rec.Parts = policy.Fresh(&i.rec.Service), nil
	i.asked = time.Now()
	s.startMonitor(i)
}

type monitor struct {
	s       *Supervisor
	c       Container
	run     *Run
	started time.Time
}

// tell hands the verdict of the check over, unless the run has ended meanwhile.
func (m *monitor) tell(ctx context.Context, h policy.Health) {
	_ = m.s.ask(func() { m.take(ctx, h, false) })
}

// tellReady hands the verdict over that is of the readiness. With lasting it returns when
// that is on disk.
func (m *monitor) tellReady(ctx context.Context, h policy.Health, lasting bool) error {
	if lasting {
		return m.s.commit(func() { m.take(ctx, h, true) })
	}
	return m.s.ask(func() { m.take(ctx, h, true) })
}

// take makes a verdict part of the health. Called on the loop.
func (m *monitor) take(ctx context.Context, h policy.Health, ready bool) {
	i := m.s.instances[m.c.Name]
	if ctx.Err() != nil || i == nil || i.run != m.run {
		return
	}
	old := i.rec.Health
	i.rec.Judge(h, ready)
	h = i.rec.Health
	if old != h {
		m.s.changed()
	}
	if old.Status != h.Status {
		m.s.emit(i, "health_status: "+h.Status.String())
		m.s.actions = append(m.s.actions, action{run: func() { m.s.rt.SetHealthy(&m.c, h.Status == policy.Healthy) }})
	}
}

// executor executes commands of our own in containers.
func (s *Supervisor) executor() *inside.Executor {
	return &inside.Executor{Runtime: s.rt, Capture: s.capture, Tee: s.tee, Events: s.execEvents, Report: s.report}
}
