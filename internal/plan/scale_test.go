package plan

import "testing"

// What would have to be replaced is given up before what is as it should be,
// whatever its number.
func TestScaleDownTakesTheObsoleteFirst(t *testing.T) {
	p := shop()
	api := service(p, "api")
	api.Scale = 2
	hash := p.Hash(api)
	o := up(p, Running)
	o.Containers = []Container{
		{Name: "demo-api-1", Service: "api", Number: 1, Hash: "old", State: Running},
		{Name: "demo-api-2", Service: "api", Number: 2, Hash: hash, State: Running},
		{Name: "demo-api-3", Service: "api", Number: 3, Hash: "old", State: Running},
		{Name: "demo-api-4", Service: "api", Number: 4, Hash: hash, State: Running},
	}
	for i := range o.Containers {
		o.Containers[i].Endpoints = wanted(p, api)
	}
	plan, err := Make(p, o, Options{Services: []string{"api"}, NoDeps: true})
	if err != nil {
		t.Fatal(err)
	}
	compare(t, plan, `
1 stop demo-api-3: the scale is 2
2 remove demo-api-3: the scale is 2; after 1
3 stop demo-api-1: the scale is 2
4 remove demo-api-1: the scale is 2; after 3`)
	api.Scale = 3
	if plan, err = Make(p, o, Options{Services: []string{"api"}, NoDeps: true}); err != nil {
		t.Fatal(err)
	}
	compare(t, plan, `
1 stop demo-api-1: configuration changed
2 remove demo-api-1: configuration changed; after 1
3 stop demo-api-3: the scale is 3
4 remove demo-api-3: the scale is 3; after 3
5 create demo-api-1: configuration changed; after 2
6 start demo-api-1: configuration changed; after 5`)
}
