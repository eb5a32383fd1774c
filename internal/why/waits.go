package why

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/supervisor/policy"
	"github.com/mocker-compose/mocker-compose/supervisor/record"
	"github.com/mocker-compose/mocker-compose/supervisor/states"
)

// waits fills the account of a container that is not started because a condition does
// not hold; false: there is none.
func (f *Facts) waits(r *record.Replica, a *Account, above []string) bool {
	if r.Run > 0 && !r.Held && r.Reason != states.ReasonDependency || slices.Contains(above, r.Service.Name) {
		return false
	}
	for _, d := range r.Service.DependsOn {
		if !d.Required {
			continue
		}
		on, text := f.unmet(d)
		if text == "" {
			continue
		}
		verb := "was created and not started"
		if r.Run > 0 {
			verb = "does not run"
		}
		until := "it is to be started when" // by an up, which may have given up
		if r.Held {
			until = "it waits until"
		}
		a.Head = fmt.Sprintf("%s %s: %s %s", short(r), verb, until, text)
		if on != nil && d.Condition == project.ConditionHealthy && !policy.Watched(&on.Service) {
			a.Cause, a.Log = d.Service+" has no healthcheck and no x-mocker.ready: it never counts as healthy", nil
			a.Mend = []string{f.edit(&on.Service, "x-mocker: {ready: {tcp: PORT}}, or a healthcheck"), f.edit(&r.Service, "depends_on: {"+d.Service+": {condition: service_started}}")}
			return true
		}
		var because Account
		if on == nil {
			because = f.absent(d.Service)
		} else {
			because = f.explain(on, append(above, r.Service.Name))
		}
		a.Because, a.Log = &because, nil
		if because.Fine {
			a.Mend = []string{f.command("up -d " + r.Service.Name)}
		}
		return true
	}
	return false
}

// unmet is the container that keeps a condition from holding, and the condition in words;
// "" if it holds.
func (f *Facts) unmet(d project.Dependency) (on *record.Replica, text string) {
	all := f.replicas(d.Service)
	words := map[project.Condition]string{
		project.ConditionStarted: "%s runs", project.ConditionHealthy: "%s is healthy", project.ConditionCompleted: "%s has ended well",
	}[d.Condition]
	if words == "" {
		words = "%s runs"
	}
	text = fmt.Sprintf(words, d.Service) + " (" + string(d.Condition) + ")"
	if len(all) == 0 {
		return nil, text
	}
	for _, r := range all {
		if ok, err := r.Meets(d.Condition); !ok || err != nil {
			return r, text
		}
	}
	return nil, ""
}

// absent is the account of a service that has no container.
func (f *Facts) absent(service string) Account {
	a := Account{Service: service}
	svc := f.service(service)
	switch {
	case len(f.Profiles[service]) > 0:
		p := f.Profiles[service]
		a.Head = fmt.Sprintf("%s has no container: no active profile enables it", service)
		a.Cause = "it belongs to the profiles " + strings.Join(p, ", ")
		if len(p) == 1 {
			a.Cause = "it belongs to the profile " + p[0]
		}
		a.Mend = []string{f.command("--profile " + p[0] + " up -d " + service)}
	case svc != nil && svc.Scale == 0:
		a.Fine = true
		a.Head = service + " has no container: the file wants none (scale: 0)"
		a.Mend = []string{f.command("up -d --scale " + service + "=1 " + service)}
	case f.Live != nil && f.Live.Failure != nil:
		last := f.Live.Failure
		a.Head = service + " has no container: the last " + string(last.Op) + " failed before it was made"
		a.Cause, a.Times = plain(last.Message), []Moment{{last.At, string(last.Op) + " failed"}}
		a.Mend = hints(last.Hint)
		if last.Port != "" && f.Port != nil {
			if who := f.Port(last.Port); who != "" {
				a.Mend = append([]string{who + " has it now: stop it, or publish another port"}, a.Mend...)
			}
		}
		then := "then "
		if len(a.Mend) == 0 {
			then = "" // what the cause says
		}
		a.Mend = append(a.Mend, then+f.command("up -d"))
	default:
		a.Head = service + " has no container: it was not created, or down has removed it"
		a.Mend = []string{f.command("up -d " + service)}
	}
	return a
}

// service is what the files say of it now, or what the last up was given.
func (f *Facts) service(name string) *project.Service {
	if f.Files != nil {
		if s, ok := f.Files.Service(name); ok {
			return s
		}
	}
	if f.Live != nil {
		if s, ok := f.Live.Project.Service(name); ok {
			return s
		}
	}
	return nil
}
