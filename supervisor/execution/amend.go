package execution

import (
	"context"
	"slices"
	"strings"

	"github.com/mocker-compose/mocker-compose/internal/plan"
	"github.com/mocker-compose/mocker-compose/project/diff"
	"github.com/mocker-compose/mocker-compose/supervisor/kernel"
	"github.com/mocker-compose/mocker-compose/supervisor/survey"
)

// amend puts on record what changed of a container in place. Its health check starts
// anew if it is another one.
func (x *Execution) amend(_ context.Context, op plan.Operation) error {
	svc, ok := x.Project.Service(op.Service)
	if !ok {
		return nil
	}
	x.Request.Container(op.Object, "Updating")
	merged := survey.Merged(svc, x.Images)
	var c kernel.Container
	err := x.Loop.Commit(func() {
		i := x.Loop.Instances[op.Object]
		if i == nil {
			return
		}
		made := *svc
		if i.Rec.Made != nil {
			made = *i.Rec.Made
			diff.Copy(&made, svc, op.Changes)
		}
		diff.Copy(&i.Rec.Service, merged, op.Changes)
		i.Rec.Made, i.Rec.Hash = &made, x.Project.Hash(svc)
		if slices.ContainsFunc(op.Changes, func(c diff.Change) bool { return c.Field == "HealthCheck" || c.Field == "Ready" }) {
			x.Loop.CheckAnew(i)
		}
		c = i.Rec.Container
		x.Loop.Emit(i, "update")
	})
	if err == nil && c.Name != "" && slices.ContainsFunc(op.Changes, func(c diff.Change) bool { return strings.HasPrefix(c.Field, "Log") }) {
		err = x.Runtime.Relog(&c)
	}
	if err != nil {
		return x.failure(op.Object, err)
	}
	x.Request.Container(op.Object, "Updated")
	return nil
}
