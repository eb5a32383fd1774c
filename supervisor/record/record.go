// Package record is what is on disk of a project: a Record, with a Replica for each
// container. It is all that a later supervisor must know to go on, and all that a
// command needs that only shows what there is, whether a supervisor runs or not.
package record

import (
	"fmt"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/state"
	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/supervisor/kernel"
	"github.com/mocker-compose/mocker-compose/supervisor/policy"
	"github.com/mocker-compose/mocker-compose/supervisor/states"
)

// Record is what is on disk of a project: state.json.
type Record struct {
	Project  project.Project `json:"project"`            // as the last up gave it
	Networks []string        `json:"networks,omitempty"` // resolved names that exist
	// Defined are networks as they were made, by resolved name.
	Defined    map[string]project.Network `json:"defined,omitempty"`
	Born       map[string]time.Time       `json:"born,omitempty"`       // when they were made
	Volumes    []string                   `json:"volumes,omitempty"`    // resolved names that exist
	Containers []Replica                  `json:"containers,omitempty"` // sorted by name
	// Rollouts are replacements in groups that have not ended, by service.
	Rollouts map[string]Rollout `json:"rollouts,omitempty"`
	// Failure is that of the last command to start something; nil: it went well.
	Failure *Failure `json:"failure,omitempty"`
}

// Replica is what is recorded of one container: all that a later supervisor
// must know to go on.
type Replica struct {
	kernel.Container
	State    states.State   `json:"state"`
	Desired  states.Desired `json:"desired"`
	Held     bool           `json:"held,omitempty"`     // will be started when its dependencies are back
	Run      int            `json:"run"`                // number of the last run, from 1; 0 = never started
	Restarts int            `json:"restarts,omitempty"` // restarts by policy since the last command to start
	Counted  int            `json:"counted,omitempty"`  // of them, before the present run, those that count for the policy
	Backoff  time.Duration  `json:"backoff,omitempty"`  // the last wait before a restart
	Due      time.Time      `json:"due,omitzero"`       // Waiting: when the next start is due
	Started  time.Time      `json:"started,omitzero"`
	Finished time.Time      `json:"finished,omitzero"`
	Exit     *kernel.Exit   `json:"exit,omitempty"` // how the last run ended
	Reason   states.Reason  `json:"reason"`
	Detail   string         `json:"detail,omitempty"` // the reason in words, where it has more to say
	Health   policy.Health  `json:"health"`
	// Parts are what Health is made of, where a service has a health check and says how
	// its readiness is found; nil: it has one of them at most.
	Parts *Parts `json:"parts,omitempty"`

	// Setup: the run's hooks of post_start are not done. Told: those of pre_stop are, and
	// it is told to stop. HooksDone counts those that are done of the list that is under way.
	Setup     bool `json:"setup,omitempty"`
	Told      bool `json:"told,omitempty"`
	HooksDone int  `json:"hooks_done,omitempty"`
	// Unfit says why the run has to end: a hook of post_start failed.
	Unfit *Unfit `json:"unfit,omitempty"`
	// PreStarted counts the steps of pre_start that have been done for this container.
	PreStarted int    `json:"pre_started,omitempty"`
	Hint       string `json:"hint,omitempty"` // ReasonStartFailed: the remedy, if one is known
	Past       []Past `json:"past,omitempty"` // runs that are over, the latest last
	Sent       *Sent  `json:"sent,omitempty"` // the last signal that we sent to its last run
}

// Rollout is how far the replacement of one service's containers in groups has come.
type Rollout struct {
	Hash string    `json:"hash"`           // of the service as it comes
	Was  []Replica `json:"was,omitempty"`  // what gives way; when it comes back: as what
	Made []string  `json:"made,omitempty"` // what takes its places
	Back string    `json:"back,omitempty"` // why what was comes back; "" = it does not
}

// Parts are two verdicts on one run.
type Parts struct {
	Check policy.Health `json:"check"`
	Ready policy.Health `json:"ready"`
}

// Unfit is why a run that began was not a start.
type Unfit struct {
	Code int    `json:"code"` // of the hook
	Why  string `json:"why"`  // without what the hook said
}

// Read reads the record of a project whose supervisor does not run, for
// commands that only show. What it says to be running is not, if sameBoot is
// false. The error wraps os.ErrNotExist if there is no such project, and
// state.ErrCorrupt if the record cannot be read (it is then set aside).
func Read(path string) (r Record, sameBoot bool, err error) { return read(path, state.Load) }

// Peek is Read for who changes nothing: a record that cannot be read is not set aside.
func Peek(path string) (r Record, sameBoot bool, err error) { return read(path, state.Peek) }

func read(path string, load func(string, any) (bool, error)) (r Record, sameBoot bool, err error) {
	sameBoot, err = load(path, &r)
	if err != nil {
		return Record{}, false, fmt.Errorf("state of the project: %w", err)
	}
	return r, sameBoot, nil
}
