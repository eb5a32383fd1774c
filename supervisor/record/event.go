package record

import (
	"strconv"
	"strings"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/supervisor/states"
)

// Event is what clients are told when something has happened to the container.
func (r *Replica) Event(action string) api.Event {
	e := api.Event{
		Time: time.Now(), Action: action, Service: r.Service.Name, Name: r.Name, ID: r.ID,
		State: r.State.Docker(), Health: r.Health.Status.String(),
		Final: r.Final(), Reason: r.Why(), OneOff: r.OneOff != nil,
	}
	if r.Exit != nil {
		e.ExitCode, e.OOM = r.Exit.Code, r.Reason == states.ReasonOOM
	}
	return e
}

// Attributes are docker compose's: labels but its own, image and name, and what belongs to
// the action.
func (r *Replica) Attributes(action string) map[string]string {
	m := map[string]string{}
	for key, value := range r.Service.Labels {
		if !strings.HasPrefix(key, composeLabel) { // an image that was built has some too
			m[key] = value
		}
	}
	m["image"], m["name"] = r.Service.Image, r.Name
	if action == "die" && r.Exit != nil {
		m["exitCode"] = strconv.Itoa(r.Exit.Code)
		if !r.Started.IsZero() && !r.Finished.Before(r.Started) {
			m["execDuration"] = strconv.Itoa(int(r.Finished.Sub(r.Started).Seconds()))
		}
	}
	return m
}
