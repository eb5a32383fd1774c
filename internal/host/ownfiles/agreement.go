package ownfiles

import (
	"sync"

	"github.com/mocker-compose/mocker-compose/internal/exchange"
	"github.com/mocker-compose/mocker-compose/project"
)

// Agreement remembers what the services of a project have settled on, for the containers
// that are created after that. Its zero value is ready.
type Agreement struct {
	mu       sync.Mutex
	services []project.Service
	ids      map[string]exchange.IDs
}

// Note takes in what the services of the project are.
func (a *Agreement) Note(services []project.Service) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.services = services
}

// Services are those that were noted last.
func (a *Agreement) Services() []project.Service {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.services
}

// Reach settles (see [Settle]), and remembers it of those that open names.
func (a *Agreement) Reach(parties []Party, open func(service string) bool) (ids map[string]exchange.IDs, notices []string) {
	ids, notices = Settle(parties)
	a.mu.Lock()
	defer a.mu.Unlock()
	a.ids = map[string]exchange.IDs{}
	for name, x := range ids {
		if open(name) {
			a.ids[name] = x
		}
	}
	return ids, notices
}

// Of are the ids of a service that wishes for x: those that were agreed on, or, where
// nothing was, x if nobody else has any of its files.
func (a *Agreement) Of(s *project.Service, x exchange.IDs) exchange.IDs {
	a.mu.Lock()
	defer a.mu.Unlock()
	if agreed, ok := a.ids[s.Name]; ok {
		return agreed
	}
	parties := []Party{{Service: s, Wish: x}}
	for i := range a.services {
		if o := &a.services[i]; o.Name != s.Name {
			parties = append(parties, Party{Service: o, Fixed: true})
		}
	}
	ids, _ := Settle(parties)
	return ids[s.Name]
}
