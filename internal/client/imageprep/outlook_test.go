package imageprep

import (
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/client"
	"github.com/mocker-compose/mocker-compose/internal/imageconfig"
	"github.com/mocker-compose/mocker-compose/project"
)

// One service of a file often builds the image of several.
func TestByAnother(t *testing.T) {
	base := &project.Service{Name: "base", Image: "app:1", Build: &project.Build{}}
	user := &project.Service{Name: "user", Image: "app:1"}
	for _, tt := range []struct {
		name         string
		build        []string
		cached       []string
		service      *project.Service
		want         bool
		open, images int
	}{
		{"built now", []string{"base"}, nil, user, true, 1, 0},
		{"from the cache", nil, []string{"base"}, user, true, 0, 2},
		{"nothing is built", nil, nil, user, false, 0, 0},
		{"of another name", []string{"base"}, nil, &project.Service{Name: "user", Image: "app:2"}, false, 0, 0},
		{"its own build", []string{"base"}, nil, base, false, 0, 0},
	} {
		out := &client.ImageOutlook{Images: imageconfig.Set{}, Build: tt.build, Cached: tt.cached}
		for _, name := range tt.cached {
			out.Images[name] = imageconfig.Resolved{Image: imageconfig.Image{ID: "1"}}
		}
		got := byAnother(tt.service, []*project.Service{tt.service, base}, out)
		if got != tt.want || len(out.Open) != tt.open || len(out.Images) != tt.images {
			t.Errorf("%s: %v, open %v, images %v", tt.name, got, out.Open, out.Images)
		}
	}
}
