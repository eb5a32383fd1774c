package client

import (
	"bytes"
	"context"
	"os"
	"os/signal"
	"slices"
	"syscall"

	"github.com/mocker-compose/mocker-compose/internal/client/providers"
	display "github.com/mocker-compose/mocker-compose/internal/progress"
	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/supervisor/record"
)

// provide runs what provides services, and gives their variables to the services that
// need them, and to others of their names. alone: not what the named services depend on.
func (e *Env) provide(ctx context.Context, t Target, services []string, alone bool, others ...*project.Service) error {
	if len(t.Project.Providers) == 0 {
		return nil
	}
	if e.Global.DryRun {
		e.sayProviders(t.Project.ProvidersOf(services, !alone))
		return nil
	}
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	return e.providers(t).Up(ctx, t.Project, services, !alone, others...)
}

// provided are the providers among the services, as the files say and, of those that are
// not in the files any more or when none were read, as up has recorded.
func (e *Env) provided(t Target, services []string) (list []*project.Provider) {
	if t.Project != nil {
		list = t.Project.ProvidersOf(services, false)
	}
	text, err := os.ReadFile(e.Dirs.StateFile(t.Name))
	if err != nil || !bytes.Contains(text, []byte(`"providers":`)) {
		return list // most projects have none: the record need not be understood
	}
	rec, _, err := record.Read(e.Dirs.StateFile(t.Name))
	if err != nil {
		return list
	}
	for _, p := range rec.Project.ProvidersOf(services, false) {
		if t.Project == nil || t.Project.Provider(p.Service) == nil && !defines(t.Project, p.Service) {
			list = append(list, p)
		}
	}
	return list
}

// unprovide runs a verb, "down" or "stop", of providers.
func (e *Env) unprovide(ctx context.Context, t Target, list []*project.Provider, verb string) error {
	if len(list) == 0 {
		return nil
	}
	if e.Global.DryRun {
		e.sayProviders(list)
		return nil
	}
	defer e.Settle()
	return e.providers(t).Down(ctx, list, verb)
}

func (e *Env) providers(t Target) *providers.Runner {
	var variables map[string]string
	if t.Project != nil {
		variables = t.Project.Variables
	}
	return &providers.Runner{
		Project: t.Name, Environ: providers.Environ(variables), Warn: e.Warn, Debug: e.debug,
		Show: func(service, status, text string) {
			if status == "Working" {
				status, text = text, ""
				e.Display().On(display.Event{ID: service, Status: display.Working, Text: status})
				return
			}
			e.Display().On(display.Event{ID: service, Status: phase(status), Text: status, Details: text})
		},
	}
}

// contained takes out of the named services those of which there are no containers; none:
// there are no others.
func contained(services []string, list []*project.Provider) (rest []string, none bool) {
	rest = slices.DeleteFunc(slices.Clone(services), func(s string) bool {
		return slices.ContainsFunc(list, func(p *project.Provider) bool { return p.Service == s })
	})
	return rest, len(rest) == 0 && len(services) > 0
}

// debug says what only --verbose wants to know.
func (e *Env) debug(line string) {
	if e.Global.Verbose {
		e.Display().Print(line)
	}
}
