package groups

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

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
// for what Check is about.
func (k *Keeper) complain(s *project.Service, unmet []cgroup.Unmet) {
	for _, u := range unmet {
		asked := slices.ContainsFunc(limits.Keys(s), func(key limits.Key) bool { return key.Controller == u.Controller })
		if errors.Is(u.Err, cgroup.ErrNoController) {
			if asked && u.Controller != "cpuset" {
				k.checkOne(s)
			}
			continue
		}
		if asked && k.first(s.Name, u.File) {
			k.cfg.Notice(fmt.Sprintf("service %s: %s", s.Name, u))
		}
	}
}

// checkOne is Check for a service that changed since.
func (k *Keeper) checkOne(s *project.Service) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	k.Check(ctx, []project.Service{*s})
}

// checkRunning tells the user of the limits of a service that runs without a group.
func (k *Keeper) checkRunning(ctx context.Context, s *project.Service) {
	k.Check(ctx, []project.Service{*s})
	if tree, err := k.await(ctx, k.found); tree == nil || err != nil || len(limits.Keys(s)) == 0 {
		return
	}
	if k.first(s.Name, "run") {
		k.cfg.Notice(fmt.Sprintf("service %s: its limits hold when it is started again: it was started when there was no cgroup for it; to change that: mocker-compose restart %s", s.Name, s.Name))
	}
}
