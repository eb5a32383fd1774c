package project

import (
	"reflect"
	"testing"
)

// Each field of a network and of an endpoint is either one that can change in place
// or one that makes it anew: found by reflection, so that none is forgotten.
func TestWhatMakesAnew(t *testing.T) {
	for _, c := range []struct {
		typ   reflect.Type
		light map[string]bool
		same  func(reflect.Value) bool
	}{
		{reflect.TypeFor[Network](), map[string]bool{"Key": true, "Labels": true, "Attachable": true, "Source": true},
			func(v reflect.Value) bool { return v.Interface().(Network).Same(Network{}) }},
		{reflect.TypeFor[Endpoint](), map[string]bool{"Network": true, "Aliases": true, "Priority": true, "GatewayPriority": true, "NoServiceName": true},
			func(v reflect.Value) bool { return v.Interface().(Endpoint).Stays(Endpoint{}) }},
		{reflect.TypeFor[Endpoint](), map[string]bool{"Network": true, "Priority": true},
			func(v reflect.Value) bool { return v.Interface().(Endpoint).Equal(Endpoint{}) }},
	} {
		for _, f := range reflect.VisibleFields(c.typ) {
			v := reflect.New(c.typ).Elem()
			change(t, v.FieldByIndex(f.Index))
			if c.same(v) != c.light[f.Name] {
				t.Errorf("%s.%s: same is %v", c.typ.Name(), f.Name, c.same(v))
			}
		}
	}
	a := Network{Subnets: []Subnet{{Subnet: "10.1.0.0/24", IPRange: "10.1.0.0/28", Aux: map[string]string{"x": "10.1.0.9"}}}}
	b := Network{Subnets: []Subnet{{Subnet: "10.1.0.0/24"}}}
	if !a.Same(b) || a.Same(Network{Subnets: []Subnet{{Subnet: "10.2.0.0/24"}}}) {
		t.Error("the range that addresses are chosen from makes a network anew, or its subnet does not")
	}
}

func TestAttached(t *testing.T) {
	p := &Project{Name: "p", Networks: []Network{{Key: "a", Name: "given"}}}
	got := p.Attached(&Service{Endpoints: []Endpoint{{Network: "a"}, {Network: "b"}}})
	if !reflect.DeepEqual(got, map[string]string{"a": "given", "b": "p_b"}) {
		t.Errorf("got %v", got)
	}
}
