package project

import (
	"reflect"
	"testing"
	"time"
)

// neutral are the fields that do not count.
var neutral = map[string]bool{"Scale": true, "DependsOn": true, "Attach": true, "Source": true, "Endpoints": true, "Resources": true,
	"Build": true, "Pull": true, "Platform": true, "Ready": true, "PreStop": true, "Update": true, "Rollback": true, "Logging": true, "Watch": true}

// TestHashFields: a change of any field changes the hash, but for the neutral
// ones. It goes over the fields by reflection, so that none is forgotten.
func TestHashFields(t *testing.T) {
	p := &Project{}
	base := p.Hash(&Service{Name: "s"})
	typ := reflect.TypeOf(Service{})
	for _, f := range reflect.VisibleFields(typ) {
		if f.Anonymous {
			continue // its own fields come too
		}
		s := Service{Name: "s"}
		change(t, reflect.ValueOf(&s).Elem().FieldByIndex(f.Index))
		if same := p.Hash(&s) == base; same != neutral[f.Name] {
			t.Errorf("%s: same hash is %v", f.Name, same)
		}
	}
}

// change sets a field to something that is not its zero value.
func change(t *testing.T, v reflect.Value) {
	t.Helper()
	switch x := v.Addr().Interface().(type) {
	case *HealthCheck:
		x.Retries = 1
		return
	case *RestartPolicy:
		x.MaxRetries = 1
		return
	case *Logging:
		x.NonBlocking = true
		return
	case *DNS:
		x.Search = []string{"."}
		return
	case *Position:
		x.Line = 1
		return
	case *PullPolicy:
		x.When = PullAlways
		return
	case **Build:
		*x = &Build{Context: "/"}
		return
	case *Resources:
		x.Memory = 1
		return
	case **HealthCheck:
		*x = &HealthCheck{Interval: time.Second}
		return
	case **Ready:
		*x = &Ready{TCP: 1, Interval: time.Second}
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString("x")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(7)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(reflect.ValueOf("k"), reflect.ValueOf("v"))
	default:
		t.Fatalf("a field of kind %s: say here how to change it", v.Kind())
	}
}

// TestHashSurroundings: the volumes in use count, networks do not.
func TestHashSurroundings(t *testing.T) {
	s := &Service{Name: "s", Endpoints: []Endpoint{{Network: "a"}}, Mounts: []Mount{{Type: MountVolume, Source: "v"}}}
	p := func(subnet, other, volume string) *Project {
		return &Project{Networks: []Network{{Key: "a", Subnets: []Subnet{{Subnet: subnet}}}, {Key: "b", Subnets: []Subnet{{Subnet: other}}}}, Volumes: []Volume{{Key: "v", Name: volume}}}
	}
	base := p("1", "2", "v").Hash(s)
	if p("1", "3", "v").Hash(s) != base {
		t.Error("a network that is not in use counts")
	}
	if p("9", "2", "v").Hash(s) != base || p("1", "2", "w").Hash(s) == base {
		t.Error("a network counts, or a volume in use does not")
	}
	if len(base) != 64 {
		t.Errorf("%d digits", len(base))
	}
}

// TestHashOfLimits: they change in place.
func TestHashOfLimits(t *testing.T) {
	p := &Project{}
	base := p.Hash(&Service{})
	if p.Hash(&Service{Resources: Resources{Memory: 1, Keys: []string{"mem_limit"}}}) != base {
		t.Error("a limit counts")
	}
}

// TestHashIsFixed: the fingerprint of a recorded container must stay valid
// over versions that do not change the model. When it has to change, all
// containers of all users are replaced by their next up.
func TestHashIsFixed(t *testing.T) {
	s := &Service{Name: "web", Command: []string{"a", "b"}, Labels: map[string]string{"x": "1", "y": "2"}}
	const want = "3ff1d1089ef7315635a3b57672cd36dbb4604863690ef6df7f065c1e5ea175d0"
	if got := (&Project{}).Hash(s); got != want {
		t.Errorf("hash %s, want %s", got, want)
	}
}

// How readiness is found changes while the container runs; that there is a socket for it
// to be told to does not.
func TestHashOfReady(t *testing.T) {
	p := &Project{}
	hash := func(r *Ready) string { return p.Hash(&Service{Name: "s", Ready: r}) }
	none, notify := hash(nil), hash(&Ready{Notify: true})
	if none == notify || hash(&Ready{Log: "x"}) != none || hash(&Ready{Notify: true, Retries: 4}) != notify {
		t.Error("only the socket counts")
	}
}

func TestReadyStatus(t *testing.T) {
	for text, want := range map[string][2]int{"": {399, 400}, "204": {204, 205}, "200-299,401": {401, 403}, " 100 - 599 ": {599, 600}} {
		h := ReadyHTTP{Status: text}
		if !h.Accepts(want[0]) || h.Accepts(want[1]) {
			t.Errorf("%q: %d is %v, %d is %v", text, want[0], h.Accepts(want[0]), want[1], h.Accepts(want[1]))
		}
	}
	for _, bad := range []string{"x", "99", "600", "300-200", "200-", "-", ",", "200;300"} {
		if _, err := ParseStatus(bad); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}
