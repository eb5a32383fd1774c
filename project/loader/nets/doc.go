// Package nets reads what files say of networks: the top-level section, and what
// services say of their places in it, of names and of name servers.
//
// What docker finds out when containers start is found here, with its line: an
// address outside of the subnet, twice the same, more replicas than addresses,
// subnets that overlap. Addresses that services ask for are reserved in the pools
// before others choose. Whether the machine has room for a network is seen by who
// makes it.
package nets

import (
	"github.com/compose-spec/compose-go/v2/types"
	"go.yaml.in/yaml/v4"

	"github.com/mocker-compose/mocker-compose/project"
)

// Source is what the files say beyond the values. Keys are paths: services, NAME, KEY.
type Source interface {
	// Fault is an error at the line of a key.
	Fault(hint, message string, key ...string) error
	// Notice says that a key is not as it is written, and why.
	Notice(fate project.Fate, reason string, key ...string)
	// Position is where a key stands.
	Position(key ...string) project.Position
	// Has reports that a file has the key.
	Has(key ...string) bool
	// Node is the value of a key in the last file that has it, nil if none has.
	Node(key []string) *yaml.Node
	// Tolerant: whether this machine can do it does not matter.
	Tolerant() bool
	// All: networks that no service uses are wanted too.
	All() bool
}

// reader reads from one source.
type reader struct{ src Source }

// Service converts what a service says of networks, names and name servers.
func Service(src Source, s types.ServiceConfig, out *project.Service) error {
	r := &reader{src}
	for _, step := range []func(types.ServiceConfig, *project.Service) error{r.attachments, r.dns, r.extraHosts} {
		if err := step(s, out); err != nil {
			return err
		}
	}
	return nil
}

// Builtin lets a service whose only network is the machine's, or none, be what
// network_mode makes of it.
func Builtin(src Source, m *types.Project, s types.ServiceConfig) (types.ServiceConfig, error) {
	return (&reader{src}).builtin(m, s)
}

// Convert converts the networks that services use, when all services are known.
func Convert(src Source, m *types.Project, p *project.Project) error {
	return (&reader{src}).networks(m, p)
}
