package plan

import (
	"reflect"
	"slices"
	"testing"

	"github.com/mocker-compose/mocker-compose/project"
)

// deterministic checks that the same values give the same plan.
func deterministic(t *testing.T, p *project.Project, o Observed, opts Options, plan *Plan) {
	t.Helper()
	again, err := Make(p, o, opts)
	if err != nil || !reflect.DeepEqual(plan, again) {
		t.Fatalf("%v, first\n%sthen\n%s", err, plan, again)
	}
}

// does are the kinds of operation that an action needs, and those that it may have too.
var does = map[Action]struct{ has, may []Kind }{
	ToKeep:     {},
	ToUpdate:   {may: []Kind{Amend, Limit, Connect, Disconnect, Update}},
	ToStart:    {has: []Kind{Start}, may: []Kind{Amend, Limit, Connect, Disconnect, Update}},
	ToRestart:  {has: []Kind{Stop, Start}, may: []Kind{Amend, Limit, Connect, Disconnect, Update}},
	ToRemove:   {has: []Kind{Remove}, may: []Kind{Stop}},
	ToCreate:   {has: []Kind{Create}, may: []Kind{Start}},
	ToRecreate: {has: []Kind{Remove, Create}, may: []Kind{Stop, Start}},
}

// kept checks that what a plan says of a container is what its operations do to it: all
// that, and nothing else; and that no container is forgotten.
func kept(t *testing.T, o Observed, plan *Plan) {
	t.Helper()
	done := map[string][]Kind{}
	for _, op := range plan.Operations {
		if op.Kind != Wait && op.Kind != Settle && op.Service != "" {
			done[op.Object] = append(done[op.Object], op.Kind)
		}
	}
	told := map[string]bool{}
	for _, out := range plan.Outcomes {
		kinds := slices.Clone(done[out.Name])
		told[out.Name] = true
		if g := out.Group; g != nil && g.Successor != out.Name {
			kinds = append(kinds, done[g.Successor]...)
			told[g.Successor] = true
		}
		want := does[out.Action]
		for _, k := range want.has {
			if !slices.Contains(kinds, k) {
				t.Fatalf("%s: %s without %s\n%s", out.Name, out.Action, k, plan)
			}
		}
		for _, k := range kinds {
			if !slices.Contains(want.has, k) && !slices.Contains(want.may, k) {
				t.Fatalf("%s: %s, and it does %s\n%s", out.Name, out.Action, k, plan)
			}
		}
		if out.Action == ToUpdate && len(kinds) == 0 || out.Action != ToKeep && out.Cause == "" {
			t.Fatalf("%s: %s because of %q, and it does %v", out.Name, out.Action, out.Cause, kinds)
		}
	}
	for name := range done {
		if !told[name] && slices.ContainsFunc(o.Containers, func(c Container) bool { return c.Name == name }) {
			t.Fatalf("%s: nothing is said of %v\n%s", name, done[name], plan)
		}
	}
}
