package loader

import (
	"strings"

	"github.com/compose-spec/compose-go/v2/types"

	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/project/loader/bounds"
)

// resources converts the limits of a service.
func (l *load) resources(s types.ServiceConfig, out *project.Service) (err error) {
	out.Resources, err = bounds.Convert(limitSource{l}, s)
	return err
}

// limitSource is the load as package bounds sees it.
type limitSource struct{ l *load }

// Fault implements bounds.Source.
func (s limitSource) Fault(hint, message string, key ...string) error {
	return s.l.fault(hint, message, key...)
}

// Has implements bounds.Source.
func (s limitSource) Has(key ...string) bool { return s.l.has(key...) }

// Fraction implements bounds.Source.
func (s limitSource) Fraction(key ...string) string {
	if n := s.l.node(key); n != nil && n.Tag == "!!float" {
		return n.Value
	}
	return ""
}

// Degraded implements bounds.Source.
func (s limitSource) Degraded(reason string, key ...string) {
	s.l.notices = append(s.l.notices, project.Notice{Fate: project.Degraded, Key: strings.Join(key, "."), Reason: reason, Source: s.l.position(key...)})
}

// Tolerant implements bounds.Source.
func (s limitSource) Tolerant() bool { return s.l.o.Tolerant }
