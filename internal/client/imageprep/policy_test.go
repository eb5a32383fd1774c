package imageprep

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/client"
	"github.com/mocker-compose/mocker-compose/internal/image"
	"github.com/mocker-compose/mocker-compose/project"
)

// stocked has images by name, of one platform each, and when they were asked for.
type stocked struct {
	images map[string]string
	ages   map[string]time.Duration
}

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func (s stocked) has(ref, platform string) (image.Image, bool) {
	on, ok := s.images[ref]
	img := image.Image{OS: "linux", Architecture: on}
	return img, ok && fits(&img, platform)
}

func (s stocked) asked(ref string) time.Time { return noon.Add(-s.ages[ref]) }

// TestPolicy: what up pulls and builds, by pull_policy, flags and what is there.
func TestPolicy(t *testing.T) {
	const hour = time.Hour
	build := func(named bool) *project.Build { return &project.Build{Named: named} }
	pull := func(s string) project.PullPolicy {
		p, err := project.ParsePullPolicy(s, "")
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	there := stocked{images: map[string]string{"x": "amd64", "demo-s": "amd64"}, ages: map[string]time.Duration{"x": 25 * hour}}
	none := stocked{}
	for _, tt := range []struct {
		name    string
		service project.Service
		have    stocked
		flags   client.Imaging
		want    string // pulls, then builds
	}{
		{"missing", project.Service{Image: "x"}, none, client.Imaging{}, "x | "},
		{"there", project.Service{Image: "x"}, there, client.Imaging{}, " | "},
		{"always", project.Service{Image: "x", Pull: pull("always")}, there, client.Imaging{}, "x | "},
		{"never", project.Service{Image: "x", Pull: pull("never")}, none, client.Imaging{}, " | "},
		{"daily, a day later", project.Service{Image: "x", Pull: pull("daily")}, there, client.Imaging{}, "x | "},
		{"weekly, a day later", project.Service{Image: "x", Pull: pull("weekly")}, there, client.Imaging{}, " | "},
		{"every 26h", project.Service{Image: "x", Pull: pull("every_26h")}, there, client.Imaging{}, " | "},
		{"every 1h", project.Service{Image: "x", Pull: pull("every_1h")}, there, client.Imaging{}, "x | "},
		{"weekly, missing", project.Service{Image: "x", Pull: pull("weekly")}, none, client.Imaging{}, "x | "},
		{"--pull always", project.Service{Image: "x", Pull: pull("never")}, there, client.Imaging{Pull: "always"}, "x | "},
		{"--pull never", project.Service{Image: "x"}, none, client.Imaging{Pull: "never"}, " | "},
		{"other platform", project.Service{Image: "x", Platform: "linux/s390x"}, there, client.Imaging{}, "x@linux/s390x | "},
		{"own platform", project.Service{Image: "x", Platform: "linux/amd64"}, there, client.Imaging{}, " | "},
		{"host", project.Service{}, none, client.Imaging{}, " | "},
		{"rootfs", project.Service{Image: "rootfs:/x"}, none, client.Imaging{Pull: "always"}, " | "},
		{"archive", project.Service{Image: "docker-archive:/x.tar"}, none, client.Imaging{}, " | "},
		{"id", project.Service{Image: "sha256:" + strings.Repeat("ab", 32)}, none, client.Imaging{}, " | "},
		{"build without a name", project.Service{Image: "demo-s", Build: build(false)}, none, client.Imaging{}, " | s"},
		{"built", project.Service{Image: "demo-s", Build: build(false)}, there, client.Imaging{}, " | "},
		{"--build", project.Service{Image: "demo-s", Build: build(false)}, there, client.Imaging{Build: true}, " | s"},
		{"build each time", project.Service{Image: "demo-s", Build: build(false), Pull: pull("build")}, there, client.Imaging{}, " | s"},
		{"build with a name", project.Service{Image: "x", Build: build(true)}, none, client.Imaging{}, "x? | s"},
		{"build with a name, --build", project.Service{Image: "x", Build: build(true)}, none, client.Imaging{Build: true}, " | s"},
		{"build with a name, always", project.Service{Image: "x", Build: build(true), Pull: pull("always")}, there, client.Imaging{}, "x? | "},
		{"mounted image", project.Service{Mounts: []project.Mount{{Type: project.MountImage, Source: "y"}}}, none, client.Imaging{}, "y | "},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.service.Name = "s"
			p := &project.Project{Name: "demo", Services: []project.Service{tt.service}}
			override(p, tt.flags)
			services := chosen(p, []string{"s"})
			var pulls []string
			for _, w := range toPull(services, tt.have, "", noon) {
				text := w.ref
				if w.platform != "" {
					text += "@" + w.platform
				}
				if w.buildable {
					text += "?"
				}
				pulls = append(pulls, text)
			}
			got := fmt.Sprintf("%s | %s", strings.Join(pulls, " "), strings.Join(toBuild(services, tt.have, ""), " "))
			if got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// TestHeld: what an explicit pull leaves alone.
func TestHeld(t *testing.T) {
	have := stocked{images: map[string]string{"x:1": "amd64", "x": "amd64", "x:latest": "amd64"}}
	for _, tt := range []struct {
		ref, policy string
		held        bool
	}{
		{"x:1", "", false}, {"x:1", "always", false}, {"x:1", "never", true}, {"x:1", "build", true}, {"x:1", "daily", false},
		{"x:1", "missing", true}, {"x:1", "if_not_present", true}, {"x", "missing", false}, {"x:latest", "missing", false}, {"y", "missing", false},
	} {
		policy, err := project.ParsePullPolicy(tt.policy, "")
		if err != nil {
			t.Fatal(err)
		}
		if _, held := held(&project.Service{Image: tt.ref, Pull: policy}, have, ""); held != tt.held {
			t.Errorf("%s %s: %v", tt.ref, tt.policy, held)
		}
	}
}

// TestOnce: services that share an image pull it once, and may fail if one can build it.
func TestOnce(t *testing.T) {
	services := []*project.Service{{Name: "a", Image: "x"}, {Name: "b", Image: "x", Build: &project.Build{Named: true}}, {Name: "c", Image: "x", Platform: "arm64"}}
	list := toPull(services, stocked{}, "", noon)
	if len(list) != 2 || strings.Join(list[0].services, " ") != "a b" || !list[0].buildable || list[1].buildable {
		t.Errorf("%+v", list)
	}
}

// TestOnceOfAnother: a pull may fail if another service builds the image, also where that
// one is not pulled itself because --build is given.
func TestOnceOfAnother(t *testing.T) {
	p := &project.Project{Services: []project.Service{{Name: "a", Image: "x"}, {Name: "b", Image: "x", Build: &project.Build{Named: true}}, {Name: "c", Image: "y"}}}
	override(p, client.Imaging{Build: true})
	list := toPull(chosen(p, []string{"a", "b", "c"}), stocked{}, "", noon)
	if len(list) != 2 || strings.Join(list[0].services, " ") != "a" || !list[0].buildable || list[1].buildable {
		t.Errorf("%+v", list)
	}
}

func TestFits(t *testing.T) {
	img := &image.Image{OS: "linux", Architecture: "arm64", Variant: "v8"}
	for platform, want := range map[string]bool{"": true, "linux": true, "arm64": true, "aarch64": true, "linux/arm64": true, "linux/arm64/v8": true, "linux/arm64/v7": false, "linux/amd64": false, "windows/arm64": false} {
		if got := fits(img, platform); got != want {
			t.Errorf("%s: %v", platform, got)
		}
	}
}
