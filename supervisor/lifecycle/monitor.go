package lifecycle

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
func (l *Loop) startMonitor(i *Instance) {
	svc := &i.Rec.Service
	if !policy.Watched(svc) {
		return
	}
	ctx, cancel := context.WithCancel(l.ctx)
	i.monitor = cancel
	m := &monitor{l: l, c: i.Rec.Container, run: i.Run, started: i.Rec.Started}
	health := i.Rec.Health
	healthy := i.Rec.Health.Status == policy.Healthy
	l.actions = append(l.actions, action{run: func() { l.rt.SetHealthy(&m.c, healthy) }})
	both := policy.Checked(svc.HealthCheck) && svc.Ready != nil
	if both {
		if i.Rec.Parts == nil {
			i.Rec.Parts = &record.Parts{Check: policy.Fresh(svc), Ready: policy.Fresh(svc)}
		}
		health = i.Rec.Parts.Check
	}
	if policy.Checked(svc.HealthCheck) {
		l.actions = append(l.actions, action{run: func() { l.executor().Check(ctx, &m.c, m.started, health, func(h policy.Health) { m.tell(ctx, h) }) }})
	}
	if svc.Ready != nil {
		h := i.Rec.Health
		if both {
			h = i.Rec.Parts.Ready
		}
		asked := i.asked
		if asked.Before(m.started) {
			asked = m.started
		}
		tell := func(h policy.Health, lasting bool) error { return m.tellReady(ctx, h, lasting) }
		l.actions = append(l.actions, action{run: func() { ready.Watch(ctx, l.rt, &m.c, m.started, asked, h, tell) }})
	}
}

func (l *Loop) stopMonitor(i *Instance) {
	if i.monitor != nil {
		i.monitor()
		i.monitor = nil
	}
}

// CheckAnew begins the health checks of a run once more, without a verdict: its check is
// another one. Called on the loop.
func (l *Loop) CheckAnew(i *Instance) {
	if i.Rec.State != Running {
		return
	}
	l.stopMonitor(i)
	i.Rec.Health, i.Rec.Parts = policy.Fresh(&i.Rec.Service), nil
	i.asked = time.Now()
	l.startMonitor(i)
}

type monitor struct {
	l       *Loop
	c       Container
	run     *Run
	started time.Time
}

// tell hands the verdict of the check over, unless the run has ended meanwhile.
func (m *monitor) tell(ctx context.Context, h policy.Health) {
	_ = m.l.Ask(func() { m.take(ctx, h, false) })
}

// tellReady hands the verdict over that is of the readiness. With lasting it returns when
// that is on disk.
func (m *monitor) tellReady(ctx context.Context, h policy.Health, lasting bool) error {
	if lasting {
		return m.l.Commit(func() { m.take(ctx, h, true) })
	}
	return m.l.Ask(func() { m.take(ctx, h, true) })
}

// take makes a verdict part of the health. Called on the loop.
func (m *monitor) take(ctx context.Context, h policy.Health, ready bool) {
	i := m.l.Instances[m.c.Name]
	if ctx.Err() != nil || i == nil || i.Run != m.run {
		return
	}
	old := i.Rec.Health
	i.Rec.Judge(h, ready)
	h = i.Rec.Health
	if old != h {
		m.l.Changed()
	}
	if old.Status != h.Status {
		m.l.Emit(i, "health_status: "+h.Status.String())
		m.l.actions = append(m.l.actions, action{run: func() { m.l.rt.SetHealthy(&m.c, h.Status == policy.Healthy) }})
	}
}

// executor executes commands of our own in containers.
func (l *Loop) executor() *inside.Executor {
	return &inside.Executor{Runtime: l.rt, Capture: l.cfg.Capture, Tee: l.cfg.Tee, Events: l.ExecEvents, Report: l.Report}
}
