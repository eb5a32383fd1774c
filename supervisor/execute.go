package supervisor

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/imageconfig"
	"github.com/mocker-compose/mocker-compose/internal/plan"
	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/supervisor/rollout"
	"github.com/mocker-compose/mocker-compose/supervisor/waits"
)

// execution carries out the operations of one plan for one request. It decides
// nothing but what to say.
type execution struct {
	s       *Supervisor
	r       *request
	project *project.Project
	images  imageconfig.Set //  of the services that may get new containers
	order   stopOrder
	volumes bool // remove anonymous volumes with their containers
	renew   bool // replacements get anonymous volumes of their own
	restart bool // the stops are halves of restarts
	// tolerant: what fails does not keep the rest from being stopped and removed.
	tolerant bool

	began     time.Time
	removes   []string                 // containers that the plan removes
	preparing map[string]chan struct{} // taken by who is at the steps of a service
	rollouts  map[string]*rollout.Rollout

	joins    map[string][]string // networks that containers will be connected to, by container; the loop's
	mu       sync.Mutex          // guards the rest
	failures []error
	failed   map[string]bool // containers of which a step failed
	said     map[string]bool // containers whose replacement has been announced
	networks sync.Once
	netErr   error
	netStay  []string // that other projects are on
}

// execute runs a plan. The error is that of the operation that failed, or the
// cause of a cancellation.
func (x *execution) execute(ctx context.Context, p *plan.Plan) error {
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
	err := plan.Run(ctx, p, x.operation, x.r.Parallel)
	var stopped *plan.RunError
	if errors.As(err, &stopped) {
		err = errors.Unwrap(stopped)
	}
	if len(x.failures) > 0 {
		return errors.Join(append(x.failures, err)...)
	}
	return err
}

// operation carries out one operation.
func (x *execution) operation(ctx context.Context, op plan.Operation) error {
	if !x.tolerant {
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
func (x *execution) pointless(op plan.Operation) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	shared := op.Kind == plan.RemoveNetwork || op.Kind == plan.RemoveVolume
	return x.failed[op.Object] || (shared && len(x.failures) > 0)
}

func (x *execution) step(ctx context.Context, op plan.Operation) error {
	switch op.Kind {
	case plan.CreateNetwork:
		return x.createNetwork(ctx, op)
	case plan.CreateVolume:
		return x.share(ctx, "Volume", op.Object, &x.s.volumes)
	case plan.Connect, plan.Disconnect, plan.Update:
		return x.rewire(ctx, op)
	case plan.Limit:
		return x.limit(ctx, op)
	case plan.Amend:
		return x.amend(ctx, op)
	case plan.Create:
		return x.rolled(op, nil, x.create(ctx, op))
	case plan.Start:
		return x.rolled(op, nil, x.start(ctx, op.Object))
	case plan.Settle:
		return x.settle(ctx, op)
	case plan.Stop:
		return x.stop(ctx, op)
	case plan.Remove:
		was := x.replica(op.Object)
		return x.rolled(op, was, x.remove(ctx, op))
	case plan.Wait:
		return waits.For(ctx, x.s, x.r, project.Dependency{Service: op.Service, Condition: op.Condition, Required: !op.Optional})
	case plan.RemoveNetwork:
		return x.removeNetwork(ctx, op)
	case plan.RemoveVolume:
		return x.removeVolume(ctx, op)
	}
	return errors.New("unknown operation in plan: " + op.String())
}

// announce says, once, that a container is being replaced.
func (x *execution) announce(name string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if !x.said[name] {
		x.said[name] = true
		x.r.Container(name, "Recreate")
	}
}
