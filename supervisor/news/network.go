package news

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/internal/plan"
	"github.com/mocker-compose/mocker-compose/supervisor/record"
)

// What happens to networks, and to containers on them. As docker has it a container is
// on its networks while it runs.

// rewirings are the actions of changes; one that leaves a container where it is has none.
var rewirings = map[plan.Kind]string{plan.Connect: "connect", plan.Disconnect: "disconnect"}

// Network tells that a network was made or removed.
func (n *News) Network(name, action string) {
	n.Tell(api.Event{Type: api.NetworkEvent, Time: time.Now(), Action: action, Name: name, ID: NetworkID(n.project, name),
		Attributes: map[string]string{"name": name, "type": "bridge"}})
}

// Rewired tells that a container that runs came to a network or left it.
func (n *News) Rewired(r *record.Replica, op plan.Operation) {
	if action := rewirings[op.Kind]; action != "" {
		n.attachment(r, op.Network, action)
	}
}

// Attachments tells that a container came to all its networks, or left them.
func (n *News) Attachments(r *record.Replica, action string) {
	for _, e := range r.Service.Endpoints {
		n.attachment(r, r.NetworkName(e.Network), action)
	}
}

func (n *News) attachment(r *record.Replica, network, action string) {
	n.Tell(api.Event{Type: api.NetworkEvent, Time: time.Now(), Action: action, Name: network, ID: NetworkID(n.project, network),
		Service: r.Service.Name, OneOff: r.OneOff != nil,
		Attributes: map[string]string{"container": r.ID, "name": network, "type": "bridge"}})
}

// NetworkID stands for the random id that docker gives a network. It is always the
// same, as nothing is gained by a record of one. For networks that projects share it is
// that of events alone.
func NetworkID(project, name string) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "network %s of project %s", name, project))
	return hex.EncodeToString(sum[:])
}
