package imagecmd

import (
	"slices"
	"testing"

	"github.com/mocker-compose/mocker-compose/project"
)

func TestOfServices(t *testing.T) {
	p := &project.Project{Services: []project.Service{
		{Name: "web", Image: "demo-web", Build: &project.Build{}},
		{Name: "api", Image: "example/api:1", Build: &project.Build{Named: true}},
		{Name: "db", Image: "postgres:16"},
		{Name: "twin", Image: "postgres:16"},
		{Name: "file", Image: "docker-archive:/x.tar"},
		{Name: "tree", Image: "rootfs:/x"},
		{Name: "host"},
	}}
	for _, c := range []struct {
		policy   string
		services []string
		want     []string
	}{
		{"", nil, nil},
		{RemoveAll, nil, []string{"demo-web", "example/api:1", "postgres:16"}},
		{RemoveLocal, nil, []string{"demo-web"}},
		{RemoveLocal, []string{"api"}, nil},
		{RemoveAll, []string{"db", "tree"}, []string{"postgres:16"}},
	} {
		if got := OfServices(p, c.services, c.policy); !slices.Equal(got, c.want) {
			t.Errorf("%q %v: %q, want %q", c.policy, c.services, got, c.want)
		}
	}
	if got := OfServices(nil, nil, RemoveAll); got != nil {
		t.Errorf("without a file: %q", got)
	}
	if CheckPolicy("some") == nil || CheckPolicy(RemoveLocal) != nil {
		t.Error("the policies that are taken")
	}
}
