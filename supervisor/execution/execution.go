package execution

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/imageconfig"
	"github.com/mocker-compose/mocker-compose/internal/plan"
	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/supervisor/door"
	"github.com/mocker-compose/mocker-compose/supervisor/kernel"
	"github.com/mocker-compose/mocker-compose/supervisor/lifecycle"
	"github.com/mocker-compose/mocker-compose/supervisor/policy"
	"github.com/mocker-compose/mocker-compose/supervisor/rollout"
	"github.com/mocker-compose/mocker-compose/supervisor/turns"
	"github.com/mocker-compose/mocker-compose/supervisor/waits"
)

// Execution carries out the operations of one plan for one request. It decides
// nothing but what to say.
type Execution struct {
	Loop    *lifecycle.Loop
	Runtime kernel.Runtime
	Request *door.Request
	Project *project.Project
	Images  imageconfig.Set //  of the services that may get new containers
	Order   policy.StopOrder
	Volumes bool // remove anonymous volumes with their containers
	Renew   bool // replacements get anonymous volumes of their own
	Restart bool // the stops are halves of restarts
	// Tolerant: what fails does not keep the rest from being stopped and removed.
	Tolerant bool

	began     time.Time
	removes   []string                 // containers that the plan removes
	preparing map[string]chan struct{} // taken by who is at the steps of a service
	rollouts  map[string]*rollout.Rollout
	resumed   map[string]bool // services in whose rollout the last supervisor died

	joins    map[string][]string // networks that containers will be connected to, by container; the loop's
	mu       sync.Mutex          // guards the rest
	failures []error
	failed   map[string]bool // containers of which a step failed
	said     map[string]bool // containers whose replacement has been announced
	networks sync.Once
	netErr   error
	netStay  []string // that other projects are on
}

// Execute runs a plan. The error is that of the operation that failed, or the
// cause of a cancellation.
func (x *Execution) Execute(ctx context.Context, p *plan.Plan) error {
	x.failed, x.said, x.joins = map[string]bool{}, map[string]bool{}, map[string][]string{}
	x.began = time.Now()
	for _, op := range p.Operations {
		switch op.Kind {
		case plan.Connect:
			x.joins[op.Object] = append(x.joins[op.Object], op.Network)
		case plan.Remove:
			x.removes = append(x.removes, op.Object)
		}
	}
	err := plan.Run(ctx, p, x.operation, x.Request.Parallel)
	var stopped *plan.RunError
	if errors.As(err, &stopped) {
		err = errors.Unwrap(stopped)
	}
	if err == nil {
		err = x.settleRest(ctx)
	}
	if len(x.failures) > 0 {
		return errors.Join(append(x.failures, err)...)
	}
	return err
}

// operation carries out one operation.
func (x *Execution) operation(ctx context.Context, op plan.Operation) error {
	if !x.Tolerant {
		return x.step(ctx, op)
	}
	if x.pointless(op) {
		return nil
	}
	if err := x.step(ctx, op); err != nil {
		x.mu.Lock()
		defer x.mu.Unlock()
		x.failures = append(x.failures, err)
		x.failed[op.Object] = true
	}
	return nil
}

// pointless reports an operation that an earlier failure makes impossible: a
// container that did not stop is not removed, and its networks stay.
func (x *Execution) pointless(op plan.Operation) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	shared := op.Kind == plan.RemoveNetwork || op.Kind == plan.RemoveVolume
	return x.failed[op.Object] || (shared && len(x.failures) > 0)
}

func (x *Execution) step(ctx context.Context, op plan.Operation) error {
	switch op.Kind {
	case plan.CreateNetwork:
		return x.createNetwork(ctx, op)
	case plan.CreateVolume:
		return x.share(ctx, "Volume", op.Object, &x.Loop.Volumes)
	case plan.Connect, plan.Disconnect, plan.Update:
		return x.rewire(ctx, op)
	case plan.Limit:
		return x.limit(ctx, op)
	case plan.Amend:
		return x.amend(ctx, op)
	case plan.Create:
		return x.rollCreate(ctx, op)
	case plan.Start:
		return x.rollStart(ctx, op)
	case plan.Settle:
		return x.settle(ctx, op)
	case plan.Stop:
		return x.Stop(ctx, op)
	case plan.Remove:
		return x.rollRemove(ctx, op)
	case plan.Wait:
		return waits.For(ctx, x.Loop.Conditions(), x.Request, project.Dependency{Service: op.Service, Condition: op.Condition, Required: !op.Optional})
	case plan.RemoveNetwork:
		return x.removeNetwork(ctx, op)
	case plan.RemoveVolume:
		return x.removeVolume(ctx, op)
	}
	return errors.New("unknown operation in plan: " + op.String())
}

// announce says, once, that a container is being replaced.
func (x *Execution) announce(name string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if !x.said[name] {
		x.said[name] = true
		x.Request.Container(name, "Recreate")
	}
}

// IsCancel reports an error that is no failure of its own.
func IsCancel(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, turns.ErrSuperseded) || errors.Is(err, door.ErrClientGone)
}
