package waits

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/supervisor/door"
	"github.com/mocker-compose/mocker-compose/supervisor/policy"
)

// errLate is that the time which --wait-timeout gives is over.
var errLate = errors.New("late")

// blame names the container that keeps a condition from holding.
func blame(p Project, d project.Dependency, err error) error {
	all, rerr := p.Replicas([]string{d.Service})
	if rerr != nil {
		return err
	}
	for i := range all {
		if ok, cerr := all[i].Meets(d.Condition); !ok || cerr != nil {
			return &door.About{Err: err, Container: all[i].Name}
		}
	}
	return err
}

// late is the failure of a wait whose time is over; it names who is waited for.
func late(p Project, services []string, limit time.Duration) error {
	all, err := p.Replicas(services)
	if err != nil {
		return err
	}
	about, who := "", []string(nil)
	for i := range all {
		r := &all[i]
		if ok, err := r.Up(); ok && err == nil {
			continue
		}
		if about == "" {
			about = r.Name
		}
		word := r.DockerState()
		if r.Runs() && r.Health.Status != policy.NoCheck {
			word = "health: " + r.Health.Status.String()
		}
		who = append(who, r.Name+" ("+word+")")
	}
	err = fmt.Errorf("application not healthy after %v: %s", limit, strings.Join(who, ", "))
	return &door.About{Err: err, Container: about}
}
