package why

import (
	"fmt"
	"strings"
	"time"

	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/supervisor/policy"
	"github.com/mocker-compose/mocker-compose/supervisor/record"
	"github.com/mocker-compose/mocker-compose/supervisor/states"
)

// Explain gives the accounts of a service's containers, those in trouble first; of the
// service itself if it has none.
func Explain(f *Facts, service string) []Account {
	all := f.replicas(service)
	if len(all) == 0 {
		return []Account{f.absent(service)}
	}
	var bad, fine []Account
	for _, r := range all {
		if a := f.explain(r, nil); a.Fine {
			fine = append(fine, a)
		} else {
			bad = append(bad, a)
		}
	}
	return append(bad, fine...)
}

// Container gives the account of one container by its full name; nil: it is not there.
func Container(f *Facts, name string) *Account {
	if f.Live == nil {
		return nil
	}
	for i := range f.Live.Containers {
		if r := &f.Live.Containers[i]; r.Name == name {
			a := f.explain(r, nil)
			return &a
		}
	}
	return nil
}

// Waiter gives the account of a container that waits in vain for another, by whose full name
// it is found: one that runs, and that nobody ever looks whether it is healthy. nil: there
// is none.
func Waiter(f *Facts, name string) *Account {
	if f.Live == nil {
		return nil
	}
	for i := range f.Live.Containers {
		r := &f.Live.Containers[i]
		for _, d := range r.Service.DependsOn {
			on, _ := f.unmet(d)
			if on == nil || on.Name != name || !d.Required || d.Condition != project.ConditionHealthy || policy.Watched(&on.Service) {
				continue
			}
			if a := f.explain(r, nil); !a.Fine {
				return &a
			}
		}
	}
	return nil
}

// explain gives the account of a container. above are the services that wait for it.
func (f *Facts) explain(r *record.Replica, above []string) Account {
	a := Account{Service: r.Service.Name, Container: r.Name, State: r.DockerState(), Log: f.Logs[r.Name], Times: times(r)}
	if r.Runs() {
		a.Health = r.Health.Status.String()
	}
	if r.Exit != nil {
		code := r.Exit.Code
		a.ExitCode = &code
	}
	switch {
	case r.State == states.Paused:
		f.paused(r, &a)
	case r.State == states.Stopping:
		f.stopping(r, &a)
	case r.Runs():
		f.running(r, &a)
	case r.State == states.Waiting || r.State == states.Starting:
		f.restarting(r, &a)
	case r.Reason == states.ReasonStartFailed:
		f.notStarted(r, &a)
	case f.waits(r, &a, above):
	case r.Run == 0:
		a.Head = short(r) + " was created and never started"
		a.Mend = []string{f.command("start " + r.Service.Name)}
	default:
		f.ended(r, &a)
	}
	return a
}

func (f *Facts) paused(r *record.Replica, a *Account) {
	a.Head = short(r) + " is paused: its processes stand still"
	a.Cause = "the command pause; nothing else pauses a container"
	a.Mend = []string{f.command("unpause " + r.Service.Name)}
}

func (f *Facts) stopping(r *record.Replica, a *Account) {
	a.Head = short(r) + " is being stopped"
	if r.Sent != nil {
		a.Cause = fmt.Sprintf("it was sent %s %s ago, and has %v to end", signal(r.Sent.Signal), since(f.Now, r.Sent.At), grace(r))
	}
}

func (f *Facts) running(r *record.Replica, a *Account) {
	h := f.verdict(r)
	switch r.Health.Status {
	case policy.Unhealthy:
		f.unhealthy(r, a, h)
		return
	case policy.Probing:
		a.Head = fmt.Sprintf("%s has been running for %s and is not healthy yet", short(r), since(f.Now, r.Started))
		a.Probe, a.Cause = h, "no probe has succeeded so far"
		if h == nil {
			a.Cause = "the first probe is still to come"
		}
		return
	case policy.NoCheck, policy.Healthy:
	}
	a.Fine = true
	a.Head = fmt.Sprintf("%s has been running for %s", short(r), since(f.Now, r.Started))
	if r.Health.Status == policy.Healthy {
		a.Head += " and is healthy"
	}
	a.Log = nil
	n := len(r.Past)
	if r.Restarts == 0 || n == 0 {
		return
	}
	a.Cause = fmt.Sprintf("it was restarted %s: the run before %s", count(r.Restarts, "time"), ending(&r.Past[n-1].Exit))
	if f.Now.Sub(r.Started) < steady {
		a.Fine, a.Mend = false, []string{f.command("logs " + r.Service.Name)}
	}
}

// steady is how long a run must last until its restarts are forgotten, as with docker's
// back-off.
const steady = 10 * time.Second

// verdict is the last probe that counts; nil: there was none.
func (f *Facts) verdict(r *record.Replica) *Probe {
	h := r.Health
	if h.Probe != "" {
		return &Probe{What: h.Probe, Code: h.Code, Output: plain(h.Output), Failed: h.Streak}
	}
	check := r.Service.HealthCheck
	if check == nil || len(check.Test) < 2 || h.Code == 0 && h.Output == "" && h.Status == policy.Probing {
		return nil
	}
	return &Probe{What: strings.Join(check.Test[1:], " "), Ran: true, Code: h.Code, Output: plain(h.Output), Failed: h.Streak}
}

func (f *Facts) unhealthy(r *record.Replica, a *Account, p *Probe) {
	a.Head, a.Probe = short(r)+" runs and is unhealthy", p
	if p == nil {
		return
	}
	if !p.Ran {
		a.Cause = "it does not get ready: " + p.Output
		a.Mend = f.readiness(r)
		return
	}
	a.Cause = fmt.Sprintf("its health check failed %s in a row", count(max(p.Failed, 1), "time"))
	missing := p.Code == 127 || p.Code == 126 || strings.Contains(p.Output, "executable file not found")
	switch {
	case strings.HasPrefix(p.Output, "Health check exceeded timeout"):
		a.Cause += ": it took longer than its timeout"
		a.Mend = []string{f.edit(&r.Service, "healthcheck: {timeout: ...}, or a quicker test")}
	case missing:
		a.Cause += ": the image does not have the program that looks"
		a.Mend = []string{f.edit(&r.Service, "x-mocker: {ready: {tcp: PORT}} in place of the healthcheck needs no program in the image")}
	case r.Service.HealthCheck.StartPeriod == 0 && f.Now.Sub(r.Started) < 5*time.Minute:
		a.Mend = []string{f.edit(&r.Service, "healthcheck: {start_period: 60s} if it only needs longer to start")}
	}
	a.Mend = append(a.Mend, f.command("exec "+r.Service.Name+" "+quoted(r.Service.HealthCheck.Test)))
}

// readiness is what to do about a service that does not get ready.
func (f *Facts) readiness(r *record.Replica) []string {
	svc := &r.Service
	switch {
	case svc.Ready == nil:
		return nil
	case svc.Ready.Log != "":
		return []string{f.command("logs " + svc.Name), f.edit(svc, "x-mocker: {ready: {log: ...}} must match one of its lines")}
	case svc.Ready.Notify:
		return []string{f.edit(svc, "the program must say READY=1 to the socket in NOTIFY_SOCKET (sd_notify)")}
	}
	key, value := svc.Ready.Kind()
	return []string{f.edit(svc, fmt.Sprintf("x-mocker: {ready: {%s: %s}} must be where it listens", key, value))}
}

func (f *Facts) restarting(r *record.Replica, a *Account) {
	a.Head = short(r) + " is being started"
	if r.Restarts == 0 && r.State == states.Starting {
		return
	}
	a.Head = fmt.Sprintf("%s is restarting: it ended %s since it was started", short(r), count(max(r.Restarts, 1), "time"))
	if !r.Due.IsZero() && r.Due.After(f.Now) {
		a.Head += ", the next start is in " + round(r.Due.Sub(f.Now))
	}
	if r.Reason == states.ReasonStartFailed {
		a.Cause, a.Mend = plain(r.Detail), hints(r.Hint)
		return
	}
	if r.Exit != nil {
		a.Cause, a.Mend = f.cause(r)
	}
}

func (f *Facts) notStarted(r *record.Replica, a *Account) {
	a.Head = short(r) + " could not be started"
	if r.Run == 0 {
		a.Head = short(r) + " could not be created"
	}
	a.Cause, a.Mend = plain(r.Detail), hints(r.Hint)
	a.Log = nil
	if more := f.startRemedy(r); more != "" {
		a.Mend = append([]string{more}, a.Mend...)
	}
	again := "up -d "
	if r.Run > 0 {
		again = "start "
	}
	if len(a.Mend) == 0 {
		a.Mend = []string{f.command(again + r.Service.Name)}
	}
}
