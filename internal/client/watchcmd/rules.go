package watchcmd

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/mocker-compose/mocker-compose/internal/build/dockerfile"
	"github.com/mocker-compose/mocker-compose/internal/client"
	"github.com/mocker-compose/mocker-compose/internal/watch"
	"github.com/mocker-compose/mocker-compose/project"
)

// rules are those of the services, none named: of all.
func rules(p *project.Project, services []string, warn func(string)) (list []*watch.Rule, err error) {
	for i := range p.Services {
		s := &p.Services[i]
		if len(services) > 0 && !slices.Contains(services, s.Name) {
			continue
		}
		context, ignore, err := contextIgnore(s)
		if err != nil {
			return nil, fmt.Errorf("service %s: %w", s.Name, err)
		}
		mounted := mounts(s)
		for _, w := range s.Watch {
			if w.Action == project.WatchSync && mounted(w.Target) {
				warn(fmt.Sprintf("path '%s' also declared by a bind mount volume, this path won't be monitored!", w.Path))
				continue
			}
			list = append(list, &watch.Rule{Watch: w, Service: s.Name, Context: context, ContextIgnore: ignore, Mounted: mounted})
		}
	}
	if len(list) == 0 {
		return nil, client.ErrUnwatched
	}
	return list, nil
}

// mounts reports paths in a service's containers that are files of the user's own: what
// is copied there would change them.
func mounts(s *project.Service) func(string) bool {
	var targets []string
	for _, m := range s.Mounts {
		if m.Type == project.MountBind {
			targets = append(targets, path.Clean(m.Target))
		}
	}
	return func(name string) bool {
		name = path.Clean(name)
		return slices.ContainsFunc(targets, func(t string) bool {
			return name == t || t == "/" || strings.HasPrefix(name, t+"/")
		})
	}
}

// contextIgnore are the patterns that belong to the build of a service, if it is made of
// a directory of this machine.
func contextIgnore(s *project.Service) (context string, patterns []string, err error) {
	b := s.Build
	if b == nil || !filepath.IsAbs(b.Context) {
		return "", nil, nil
	}
	name := b.Dockerfile
	if name == "" || b.Inline != "" {
		name = "Dockerfile"
	}
	if !filepath.IsAbs(name) {
		name = filepath.Join(b.Context, name)
	}
	patterns, _, err = dockerfile.Ignore(os.DirFS(b.Context), os.DirFS(filepath.Dir(name)), filepath.Base(name))
	context, rerr := filepath.EvalSymlinks(b.Context) // the paths of rules are resolved as well
	if rerr != nil {
		context = b.Context
	}
	return context, patterns, err
}
