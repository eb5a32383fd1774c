package groups

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/mocker-compose/mocker-compose/internal/cause"
	"github.com/mocker-compose/mocker-compose/internal/limits"
	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/rootless/cgroup"
	"github.com/mocker-compose/mocker-compose/rootless/delegate"
)

// complaint is what was said once: that a key of a service is not enforced.
type complaint struct{ service, key string }

// Check tells the user which limits of these services are not enforced, by the names
// that they have in the file, why, and what changes it: one line, for what was not said
// before. It waits for D only if there are limits.
func (k *Keeper) Check(ctx context.Context, services []project.Service) {
	k.mu.Lock()
	k.checked = services
	k.mu.Unlock()
	k.check(ctx, services)
}

func (k *Keeper) check(ctx context.Context, services []project.Service) {
	if !slices.ContainsFunc(services, func(s project.Service) bool { return len(limits.Keys(&s)) > 0 }) {
		return
	}
	tree, err := k.await(ctx, k.found)
	if err != nil {
		return // the start that needs it says so
	}
	var have []string
	if tree != nil {
		have = tree.Controllers()
	}
	lost := map[string][]string{} // services by key
	for n := range services {
		for _, key := range limits.Missing(&services[n], have) {
			if name := services[n].Name; k.first(name, key) {
				lost[key] = append(lost[key], name)
			}
		}
	}
	if len(lost) > 0 {
		k.cfg.Notice(notEnforced(lost) + ": " + k.cause())
	}
}

// first reports that something is to be said for the first time.
func (k *Keeper) first(service, key string) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	c := complaint{service, key}
	was := k.said[c]
	k.said[c] = true
	return !was
}

// cause says why a controller is missing, and what adds it.
func (k *Keeper) cause() string {
	text, remedy := k.d.Cause, k.d.Remedy
	var none *delegate.NoneError
	switch {
	case errors.As(k.none, &none):
		text, remedy = none.Cause, none.Remedy
	case k.none != nil:
		text, remedy = k.none.Error(), ""
	case text == "":
		text = "the kernel does not give its controller to " + k.d.Dir
	}
	if remedy != "" {
		text += "; to change that: " + remedy
	}
	return text
}

// notEnforced names keys with the services that have them: "not enforced: cpus (service
// a), mem_limit (services a, b)".
func notEnforced(lost map[string][]string) string {
	var parts []string
	for _, key := range slices.Sorted(maps.Keys(lost)) {
		word := "service"
		if len(lost[key]) > 1 {
			word = "services"
		}
		slices.Sort(lost[key])
		parts = append(parts, fmt.Sprintf("%s (%s %s)", key, word, strings.Join(lost[key], ", ")))
	}
	return "not enforced: " + strings.Join(parts, ", ")
}

// complain tells the user of what the kernel refused of the limits of a service, but
// for what Check is about. What no service can have here is told of all that were checked.
func (k *Keeper) complain(s *project.Service, unmet []cgroup.Unmet) {
	for _, u := range unmet {
		asked := limits.About(limits.Behind(s, u.File), u.Want)
		switch {
		case errors.Is(u.Err, cgroup.ErrNoController):
			if len(asked) > 0 && u.Controller != "cpuset" {
				k.checkOne(s)
			}
		case len(asked) == 0:
		case errors.Is(u.Err, cgroup.ErrNoFile):
			if lost := k.without(s, u.File); len(lost) > 0 {
				k.cfg.Notice(notEnforced(lost) + ": " + noFile(u.File))
			}
		case k.first(s.Name, u.File+" "+u.Want):
			k.cfg.Notice(notEnforced(map[string][]string{strings.Join(asked, ", "): {s.Name}}) + ": " + u.Err.Error())
		}
	}
}

// without are the services, by what they have in the file, that ask for a file of a
// cgroup that there is not, if that was not said before.
func (k *Keeper) without(s *project.Service, file string) map[string][]string {
	lost := map[string][]string{}
	add := func(s *project.Service) {
		if list := limits.Behind(s, file); len(list) > 0 && k.first(s.Name, file) {
			for _, setting := range list {
				lost[setting.Text] = append(lost[setting.Text], s.Name)
			}
		}
	}
	add(s)
	k.mu.Lock()
	checked := k.checked
	k.mu.Unlock()
	for n := range checked {
		add(&checked[n])
	}
	return lost
}

// noFile is why there is no such file, though the controller is there.
func noFile(file string) string {
	switch file {
	case "memory.swap.max":
		return cause.SwapAccounting(cause.Here()).String()
	case "io.weight":
		return cause.DiskWeights(cause.Here()).String()
	}
	return "this kernel has no " + file
}

// checkOne is Check for a service that changed since.
func (k *Keeper) checkOne(s *project.Service) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	k.check(ctx, []project.Service{*s})
}

// checkRunning tells the user of the limits of a service that runs without a group.
func (k *Keeper) checkRunning(ctx context.Context, s *project.Service) {
	k.check(ctx, []project.Service{*s})
	if tree, err := k.await(ctx, k.found); tree == nil || err != nil || len(limits.Keys(s)) == 0 {
		return
	}
	if k.first(s.Name, "run") {
		k.cfg.Notice(fmt.Sprintf("service %s: its limits hold when it is started again: it was started when there was no cgroup for it; to change that: mocker-compose restart %s", s.Name, s.Name))
	}
}
