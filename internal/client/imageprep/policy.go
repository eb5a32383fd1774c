package imageprep

import (
	"slices"
	"strings"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/client"
	"github.com/mocker-compose/mocker-compose/internal/image"
	"github.com/mocker-compose/mocker-compose/internal/image/imageref"
	"github.com/mocker-compose/mocker-compose/project"
)

// wanted is an image that is to be pulled.
type wanted struct {
	ref, platform string
	services      []string // that have it
	buildable     bool     // one of them can build it: a pull may fail
}

// override puts the flags in place of what the files say, as docker compose does: --pull
// for all services, --build for those that can be built.
func override(p *project.Project, o client.Imaging) {
	for i := range p.Services {
		s := &p.Services[i]
		if o.Pull != "" {
			s.Pull, _ = project.ParsePullPolicy(o.Pull, "") // it was checked
			for n := range s.PreStart {
				s.PreStart[n].Service.Pull = s.Pull
			}
		}
		if o.Build && s.Build != nil {
			s.Pull = project.PullPolicy{When: project.PullBuild, Given: project.PullBuild}
		}
	}
}

// stock is what the store has, and when a registry was asked for it.
type stock interface {
	// has finds an image for a platform ("" = any).
	has(ref, platform string) (image.Image, bool)
	// asked is when a registry was asked for it, or it came into the store.
	asked(ref string) time.Time
}

// pullable: it is the name of an image that a registry may have, and that the file gives.
func pullable(s *project.Service) bool {
	return s.Image != "" && !strings.HasPrefix(s.Image, rootfsPrefix) && !imageref.IsSource(s.Image) && (s.Build == nil || s.Build.Named) && !isID(s.Image)
}

// rootfsPrefix begins what is a root file system and no image.
const rootfsPrefix = "rootfs:"

// isID reports an image's id: no registry knows images by it.
func isID(ref string) bool {
	return strings.HasPrefix(ref, "sha256:") || len(ref) == 64 && strings.Trim(ref, "0123456789abcdef") == ""
}

// toPull decides for up, create and run what is pulled: each image once.
func toPull(services []*project.Service, have stock, fallback string, now time.Time) (list []wanted) {
	for _, s := range services {
		if pullable(s) && due(s, have, platformOf(s, fallback), now) {
			list = want(list, services, s, fallback)
		}
		for _, m := range s.Mounts {
			if m.Type != project.MountImage || strings.HasPrefix(m.Source, rootfsPrefix) || imageref.IsSource(m.Source) || s.Pull.When == project.PullNever {
				continue
			}
			if _, ok := have.has(m.Source, ""); !ok && !builtHere(services, m.Source) {
				list = add(list, wanted{ref: m.Source, services: []string{s.Name}})
			}
		}
	}
	return list
}

// builtHere: a service builds an image of that name.
func builtHere(services []*project.Service, ref string) bool {
	return slices.ContainsFunc(services, func(s *project.Service) bool { return s.Build != nil && s.Image == ref })
}

// due says whether a service's image has to be pulled.
func due(s *project.Service, have stock, platform string, now time.Time) bool {
	_, there := have.has(s.Image, platform)
	switch s.Pull.When {
	case project.PullAlways:
		return true
	case project.PullNever, project.PullBuild:
		return false
	case project.PullRefresh:
		return !there || !now.Before(have.asked(s.Image).Add(s.Pull.Every))
	}
	return !there
}

// want adds the image of a service. Its pull may fail if one of the services builds it,
// which need not be the one that wants it, and need not be pulled itself (--build).
func want(list []wanted, services []*project.Service, s *project.Service, fallback string) []wanted {
	w := wanted{ref: s.Image, platform: platformOf(s, fallback), services: []string{s.Name}}
	w.buildable = slices.ContainsFunc(services, func(o *project.Service) bool {
		return o.Build != nil && o.Image == w.ref && platformOf(o, fallback) == w.platform
	})
	return add(list, w)
}

// add adds an image that is not in the list yet.
func add(list []wanted, w wanted) []wanted {
	for i := range list {
		if list[i].ref == w.ref && list[i].platform == w.platform {
			list[i].services = append(list[i].services, w.services...)
			list[i].buildable = list[i].buildable || w.buildable
			return list
		}
	}
	return append(list, w)
}

// platformOf is that of a service, else of the user's environment
// (DOCKER_DEFAULT_PLATFORM), "" for this machine's.
func platformOf(s *project.Service, fallback string) string {
	if s.Platform != "" {
		return s.Platform
	}
	return fallback
}

// toBuild decides what is built: what is missing, and what is to be built each time.
func toBuild(services []*project.Service, have stock, fallback string) (names []string) {
	for _, s := range services {
		if s.Build == nil {
			continue
		}
		if _, there := have.has(s.Image, platformOf(s, fallback)); !there || s.Pull.When == project.PullBuild {
			names = append(names, s.Name)
		}
	}
	return names
}

// held decides for the command pull what is left alone, and why: "" with ok = false if
// it is pulled. An explicit pull asks the registry where up would not: without a policy,
// before the time of daily and the like, and for a tag that is expected to move.
func held(s *project.Service, have stock, platform string) (why string, ok bool) {
	switch s.Pull.Given {
	case "", project.PullAlways:
		return "", false
	case project.PullNever, project.PullBuild:
		return "", true
	}
	if s.Pull.When == project.PullRefresh {
		return "", false
	}
	if _, there := have.has(s.Image, platform); !there || latest(s.Image) {
		return "", false
	}
	return "Image is already present locally", true
}

func latest(ref string) bool {
	n, err := imageref.Parse(ref)
	return err == nil && n.Digest == "" && n.Tagged().Tag == "latest"
}
