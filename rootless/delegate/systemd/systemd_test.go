package systemd

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"

	"github.com/mocker-compose/mocker-compose/rootless/delegate"
)

// within is how long a question may take here in a test of what does not answer: the
// role's own patience is longer.
const within = 500 * time.Millisecond

// hang bounds what must be bounded by itself.
const hang = 30 * time.Second

func question(op string, addresses ...string) delegate.Question {
	return delegate.Question{Op: op, Unit: "x.scope", Description: "d", PIDs: []int{11, 12}, UID: 4321, Addresses: addresses}
}

func answerWithin(t *testing.T, limit time.Duration, q delegate.Question) delegate.Answer {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	done := make(chan delegate.Answer, 1)
	go func() { done <- Answer(ctx, q) }()
	select {
	case a := <-done:
		return a
	case <-time.After(hang):
		t.Fatal("it hangs")
		panic("not reached")
	}
}

// Whatever is at the other end, there is an answer, and it is not that there is a scope.
func TestUnreachable(t *testing.T) {
	silent := func(string) string { return "" }
	for name, c := range map[string]struct {
		fake *fakeManager
		says string
	}{
		"says nothing":          {&fakeManager{auth: silent}, "does not answer"},
		"hangs up":              {&fakeManager{auth: func(string) string { return "hang up" }}, ""},
		"lets nobody in":        {&fakeManager{auth: func(string) string { return "REJECTED" }}, "auth"},
		"garbage":               {&fakeManager{auth: func(string) string { return "\x00\xff\x00" }}, "auth"},
		"long garbage":          {&fakeManager{auth: func(string) string { return strings.Repeat("x", 1<<16) }}, ""},
		"silent after hello":    {&fakeManager{}, "deadline"},
		"garbage after hello":   {&fakeManager{answer: func(*dbus.Message) []*dbus.Message { return []*dbus.Message{{Type: 3}} }}, ""},
		"the job does not end":  {&fakeManager{answer: startsOnly}, "does not end"},
		"nobody at the address": {},
	} {
		t.Run(name, func(t *testing.T) {
			address := "unix:path=/no/such/socket"
			if name != "nobody at the address" {
				address = c.fake.serve(t).address
			}
			a := answerWithin(t, within, question(delegate.OpScope, address))
			if !a.Unreachable || !strings.Contains(a.Error, c.says) || a.Error == "" {
				t.Errorf("%+v", a)
			}
		})
	}
	if a := answerWithin(t, within, question(delegate.OpScope)); !a.Unreachable {
		t.Errorf("no address: %+v", a)
	}
}

// startsOnly begins a job that never ends.
func startsOnly(call *dbus.Message) []*dbus.Message {
	if member(call) == "StartTransientUnit" {
		return []*dbus.Message{reply(call, dbus.ObjectPath("/org/freedesktop/systemd1/job/7"))}
	}
	return []*dbus.Message{refusal(call, "org.freedesktop.DBus.Error.UnknownMethod", "no "+member(call))}
}

// script answers by member, each call from the list of that member, the last one for ever.
func script(calls map[string][]func(*dbus.Message) []*dbus.Message) func(*dbus.Message) []*dbus.Message {
	return func(call *dbus.Message) []*dbus.Message {
		list := calls[member(call)]
		if len(list) == 0 {
			return []*dbus.Message{refusal(call, "org.freedesktop.DBus.Error.UnknownMethod", "no "+member(call))}
		}
		if len(list) > 1 {
			calls[member(call)] = list[1:]
		}
		return list[0](call)
	}
}

func ends(result string) func(*dbus.Message) []*dbus.Message {
	return func(call *dbus.Message) []*dbus.Message {
		return append(startsOnly(call), jobRemoved(result))
	}
}

func refuses(name string) func(*dbus.Message) []*dbus.Message {
	return func(call *dbus.Message) []*dbus.Message {
		return []*dbus.Message{refusal(call, name, "the text of "+name)}
	}
}

// property answers Get for the two that are asked for.
func property(state, group string) func(*dbus.Message) []*dbus.Message {
	return func(call *dbus.Message) []*dbus.Message {
		v := state
		if slices.Contains(call.Body, any("ControlGroup")) {
			v = group
		}
		return []*dbus.Message{reply(call, dbus.MakeVariant(v))}
	}
}

const exists = "org.freedesktop.systemd1.UnitExists"

type calls = map[string][]func(*dbus.Message) []*dbus.Message

func TestScope(t *testing.T) {
	for name, c := range map[string]struct {
		calls calls
		want  delegate.Answer
	}{
		"made": {
			calls{"StartTransientUnit": {ends("done")}, "Get": {property("active", "/a/x.scope")}},
			delegate.Answer{Group: "/a/x.scope"},
		},
		"the job fails": {
			calls{"StartTransientUnit": {ends("failed")}},
			delegate.Answer{Error: `has ended as "failed"`},
		},
		"refused": {
			calls{"StartTransientUnit": {refuses("org.freedesktop.DBus.Error.AccessDenied")}},
			delegate.Answer{Error: "the text of org.freedesktop.DBus.Error.AccessDenied"},
		},
		"one that is on its way out": {
			calls{"StartTransientUnit": {refuses(exists), refuses(exists), ends("done")}, "Get": {property("deactivating", "/no/such/group")}},
			delegate.Answer{Group: "/no/such/group"},
		},
		"one that has failed": {
			calls{
				"StartTransientUnit": {refuses(exists), ends("done")}, "Get": {property("failed", ""), property("active", "/b")},
				"ResetFailedUnit": {func(c *dbus.Message) []*dbus.Message { return []*dbus.Message{reply(c)} }},
			},
			delegate.Answer{Group: "/b"},
		},
		"one that is empty and stays until it is stopped": {
			calls{
				"StartTransientUnit": {refuses(exists)}, "Get": {property("active", "/no/such/group")},
				"StopUnit": {func(c *dbus.Message) []*dbus.Message { return []*dbus.Message{reply(c, dbus.ObjectPath("/job/8"))} }},
			},
			delegate.Answer{Group: "/no/such/group"},
		},
		"one that never goes": {
			calls{"StartTransientUnit": {refuses(exists)}, "Get": {property("deactivating", "")}, "StopUnit": {refuses("org.freedesktop.DBus.Error.AccessDenied")}},
			delegate.Answer{Error: "the unit x.scope of before does not end"},
		},
		"a bus without systemd": {
			calls{"StartTransientUnit": {refuses("org.freedesktop.DBus.Error.ServiceUnknown")}},
			delegate.Answer{Unreachable: true, Error: "ServiceUnknown"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			answer := script(c.calls)
			f := (&fakeManager{answer: func(call *dbus.Message) []*dbus.Message {
				if member(call) == "StopUnit" && name == "one that is empty and stays until it is stopped" {
					c.calls["StartTransientUnit"] = append(c.calls["StartTransientUnit"], ends("done"))
				}
				return answer(call)
			}}).serve(t)
			a := answerWithin(t, hang, question(delegate.OpScope, f.address))
			if a.Group != c.want.Group || a.Taken || a.Unreachable != c.want.Unreachable || (a.Error == "") != (c.want.Error == "") || !strings.Contains(a.Error, c.want.Error) {
				t.Errorf("%+v, want %+v", a, c.want)
			}
		})
	}
}

// What is asked for is what the scope has to be.
func TestProperties(t *testing.T) {
	bodies := make(chan []any, 1) // from the goroutine of the manager
	f := (&fakeManager{answer: script(calls{
		"StartTransientUnit": {func(call *dbus.Message) []*dbus.Message { bodies <- call.Body; return ends("done")(call) }},
		"Get":                {property("active", "/a")},
	})}).serve(t)
	if a := answerWithin(t, hang, question(delegate.OpScope, f.address)); a.Error != "" || a.Address != f.address {
		t.Fatalf("%+v", a)
	}
	body := <-bodies
	if len(body) < 3 || body[0] != "x.scope" || body[1] != "fail" {
		t.Fatalf("%v", body)
	}
	got := map[string]string{}
	for _, p := range body[2].([][]any) {
		got[p[0].(string)] = p[1].(dbus.Variant).String()
	}
	for name, want := range map[string]string{
		"Delegate": "true", "CollectMode": `"inactive-or-failed"`, "Description": `"d"`, "TasksMax": "@t 18446744073709551615", "TimeoutStopUSec": "@t 10000000",
		"PIDs": "@au [11, 12]",
	} {
		if got[name] != want {
			t.Errorf("%s is %s, want %s", name, got[name], want)
		}
	}
}

// The second address is asked if nobody is at the first, and not if that one refuses.
func TestAddresses(t *testing.T) {
	made := calls{"StartTransientUnit": {ends("done")}, "Get": {property("active", "/a")}}
	good := (&fakeManager{answer: script(made)}).serve(t)
	refusing := (&fakeManager{answer: script(calls{"StartTransientUnit": {refuses("org.freedesktop.DBus.Error.AccessDenied")}})}).serve(t)
	if a := answerWithin(t, hang, question(delegate.OpScope, "unix:path=/no/such", good.address)); a.Group != "/a" || a.Address != good.address {
		t.Errorf("after a dead one: %+v", a)
	}
	if a := answerWithin(t, hang, question(delegate.OpScope, refusing.address, good.address)); a.Error == "" || a.Group != "" {
		t.Errorf("after a refusing one: %+v", a)
	}
}

func TestAttach(t *testing.T) {
	bodies := make(chan []any, 1) // from the goroutine of the manager
	f := (&fakeManager{answer: script(calls{"AttachProcessesToUnit": {func(c *dbus.Message) []*dbus.Message {
		bodies <- c.Body
		return []*dbus.Message{reply(c)}
	}}})}).serve(t)
	q := question(delegate.OpAttach, f.address)
	q.Below = "/holder"
	if a := answerWithin(t, hang, q); a.Error != "" || a.Unreachable {
		t.Fatalf("%+v", a)
	}
	if body := <-bodies; len(body) != 3 || body[0] != "x.scope" || body[1] != "/holder" || !slices.Equal(body[2].([]uint32), []uint32{11, 12}) {
		t.Errorf("%v", body)
	}
}
