package supervisor

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/internal/plan"
)

// What happens to networks, and to containers on them, in docker's words. As docker
// has it a container is on its networks while it runs.

// rewireEvents are the actions of changes; one that leaves a container where it is
// has none.
var rewireEvents = map[plan.Kind]string{plan.Connect: "connect", plan.Disconnect: "disconnect"}

// emitNetwork tells that a network was made or removed. Called on the loop.
func (s *Supervisor) emitNetwork(name, action string) {
	s.tellAll(api.Event{Type: api.NetworkEvent, Time: time.Now(), Action: action, Name: name, ID: s.networkID(name),
		Attributes: map[string]string{"name": name, "type": "bridge"}})
}

// emitAttachment tells that a container came to a network or left it. Called on the loop.
func (s *Supervisor) emitAttachment(i *instance, network, action string) {
	if action == "" {
		return
	}
	s.tellAll(api.Event{Type: api.NetworkEvent, Time: time.Now(), Action: action, Name: network, ID: s.networkID(network),
		Service: i.rec.Service.Name, OneOff: i.rec.OneOff != nil,
		Attributes: map[string]string{"container": i.rec.ID, "name": network, "type": "bridge"}})
}

// emitAttachments is emitAttachment for all networks of a container.
func (s *Supervisor) emitAttachments(i *instance, action string) {
	for _, e := range i.rec.Service.Endpoints {
		s.emitAttachment(i, i.rec.NetworkName(e.Network), action)
	}
}

// tellAll hands an event to all listeners, and remembers it.
func (s *Supervisor) tellAll(e api.Event) {
	s.history.Add(e)
	for l := range s.listeners {
		l.Put(e)
	}
}

// networkID stands for the random id that docker gives a network. It is always the
// same, as nothing is gained by a record of one. For networks that
// projects share it is that of events alone.
func (s *Supervisor) networkID(name string) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "network %s of project %s", name, s.cfg.Name))
	return hex.EncodeToString(sum[:])
}
