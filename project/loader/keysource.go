package loader

import (
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"
	"go.yaml.in/yaml/v4"

	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/project/loader/devices"
	"github.com/mocker-compose/mocker-compose/project/loader/document"
	"github.com/mocker-compose/mocker-compose/project/loader/nets"
)

// keySource is the load as the packages below see it that read single subjects.
type keySource struct{ l *load }

// Fault implements the Source of builds, bounds and nets.
func (s keySource) Fault(hint, message string, key ...string) error {
	return s.l.fault(hint, message, key...)
}

// Notice implements the Source of builds, bounds and nets.
func (s keySource) Notice(fate project.Fate, reason string, key ...string) {
	s.l.notices = append(s.l.notices, project.Notice{Fate: fate, Key: strings.Join(key, "."), Reason: reason, Source: s.l.position(key...)})
}

// Instead implements the Source of devices.
func (s keySource) Instead(fate project.Fate, reason string, key ...string) {
	at := strings.Join(key, ".")
	row, _ := project.Lookup(strings.Join(append([]string{key[0], "*"}, key[2:]...), "."))
	s.l.notices = slices.DeleteFunc(s.l.notices, func(n project.Notice) bool { return within(n.Key, at) && n.Reason == row.Reason })
	s.Notice(fate, reason, key...)
}

// Said implements the Source of devices.
func (s keySource) Said(key ...string) bool {
	at := strings.Join(key, ".")
	return slices.ContainsFunc(s.l.notices, func(n project.Notice) bool { return n.Key != at && within(n.Key, at) })
}

// Position implements the Source of builds, bounds and nets.
func (s keySource) Position(key ...string) project.Position { return s.l.position(key...) }

// Tolerant implements the Source of builds, bounds and nets.
func (s keySource) Tolerant() bool { return s.l.o.Tolerant }

// Variable implements the Source of builds, bounds and nets.
func (s keySource) Variable(name string) (string, bool) { v, ok := s.l.env[name]; return v, ok }

// Home implements the Source of builds, bounds and nets.
func (s keySource) Home(path string) string { return s.l.atHome(path) }

// Has implements the Source of bounds and nets.
func (s keySource) Has(key ...string) bool { return s.l.has(key...) }

// Node implements the Source of nets.
func (s keySource) Node(key []string) *yaml.Node { return s.l.node(key) }

// Fraction implements the Source of bounds.
func (s keySource) Fraction(key ...string) string {
	if n := s.l.node(key); n != nil && n.Tag == "!!float" {
		return n.Value
	}
	return ""
}

// Degraded implements the Source of bounds.
func (s keySource) Degraded(reason string, key ...string) {
	s.Notice(project.Degraded, reason, key...)
}

// nets converts what a service says of networks.
func (l *load) nets(s types.ServiceConfig, out *project.Service) error {
	return nets.Service(keySource{l}, s, out)
}

// Items implements the Source of watches.
func (s keySource) Items(count int, key ...string) []project.Position {
	return s.l.items(count, key)
}

// FaultAt implements the Source of watches.
func (s keySource) FaultAt(at project.Position, hint, message string) error {
	return &Error{File: document.ShortName(at.File, s.l.where.Cwd), Line: at.Line, Message: message, Hint: hint}
}

// All implements the Source of nets.
func (s keySource) All() bool { return s.l.o.AllResources }

// devices converts which device files a service gets.
func (l *load) devices(s types.ServiceConfig, out *project.Service) error {
	return devices.Convert(keySource{l}, s, out)
}
