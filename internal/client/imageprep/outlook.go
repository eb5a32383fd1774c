package imageprep

import (
	"context"
	"slices"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/build/solve"
	"github.com/mocker-compose/mocker-compose/internal/client"
	"github.com/mocker-compose/mocker-compose/internal/client/building"
	"github.com/mocker-compose/mocker-compose/internal/image"
	"github.com/mocker-compose/mocker-compose/internal/image/imageref"
	"github.com/mocker-compose/mocker-compose/internal/imageconfig"
	"github.com/mocker-compose/mocker-compose/project"
)

// Look tells what Prepare would do, and does nothing of it: client.LookAtImages.
func Look(ctx context.Context, e *client.Env, p *project.Project, names []string, o client.Imaging) (*client.ImageOutlook, error) {
	override(p, o)
	services := chosen(p, names)
	out := &client.ImageOutlook{Images: imageconfig.Set{}, Missing: map[string]error{}}
	if !slices.ContainsFunc(services, concerned) {
		return out, nil
	}
	have, err := glance(e)
	if err != nil {
		return nil, err
	}
	fallback := e.Getenv("DOCKER_DEFAULT_PLATFORM")
	for _, w := range toPull(services, have, fallback, time.Now()) {
		out.Pull = append(out.Pull, w.ref)
		out.Open = append(out.Open, w.services...)
	}
	if names := toBuild(services, have, fallback); !o.NoBuild {
		have.foresee(ctx, e, p, names, out)
	}
	for _, s := range services {
		if _, there := have.has(s.Image, platformOf(s, fallback)); there || !byAnother(s, services, out) {
			have.place(s, platformOf(s, fallback), out)
		}
	}
	slices.Sort(out.Open)
	out.Open = slices.Compact(out.Open)
	return out, nil
}

// foresee tells the services that would be built from those whose image would come from
// the cache as it is.
func (s *shelf) foresee(ctx context.Context, e *client.Env, p *project.Project, names []string, out *client.ImageOutlook) {
	var cached map[string]image.Image
	var broken map[string]error
	if s.store != nil && len(names) > 0 {
		base := func(_ context.Context, ref, platform string, fresh bool) (image.Image, error) {
			img, err := s.store.Find(ref)
			if err == nil && (fresh || !fits(&img, platform)) {
				err = solve.ErrChanged
			}
			return img, err
		}
		b := &building.Builder{Env: e, Store: s.store, Project: p, Options: building.Options{Quiet: true}, Base: base}
		cached, broken = b.Foresee(ctx, names)
	}
	for _, name := range names {
		img, ok := cached[name]
		if err := broken[name]; err != nil {
			out.Missing[name], out.Open = err, append(out.Open, name)
			continue
		}
		if !ok {
			out.Build, out.Open = append(out.Build, name), append(out.Open, name)
			continue
		}
		out.Cached = append(out.Cached, name)
		svc, _ := p.Service(name)
		out.Images[name] = imageconfig.Resolved{Image: imageconfig.Image{ID: img.ID, Name: svc.Image}, Config: img.Config}
	}
}

// byAnother notes for a service without a build of its own that one of the others makes
// its image: now, or out of the cache.
func byAnother(svc *project.Service, services []*project.Service, out *client.ImageOutlook) bool {
	for _, s := range services {
		if svc.Build != nil || s.Build == nil || s.Image != svc.Image {
			continue
		}
		if slices.Contains(out.Build, s.Name) {
			out.Open = append(out.Open, svc.Name)
			return true
		}
		if made, ok := out.Images[s.Name]; ok && slices.Contains(out.Cached, s.Name) {
			out.Images[svc.Name] = made
			return true
		}
	}
	return false
}

// place finds the image that a service has now.
func (s *shelf) place(svc *project.Service, platform string, out *client.ImageOutlook) {
	if _, known := out.Images[svc.Name]; known || !concerned(svc) || svc.Image == "" || slices.Contains(out.Open, svc.Name) {
		return
	}
	var img image.Image
	var ok bool
	if imageref.IsSource(svc.Image) {
		if s.store != nil {
			img, ok = s.store.Known(svc.Image)
		}
		if !ok {
			out.Read, out.Open = append(out.Read, svc.Image), append(out.Open, svc.Name)
			return
		}
	} else if img, ok = s.has(svc.Image, platform); !ok {
		if !pullable(svc) && svc.Build == nil && !isID(svc.Image) {
			return // a root file system
		}
		var err error = &image.NotFoundError{Ref: svc.Image}
		if s.store != nil {
			if _, found := s.store.Find(svc.Image); found != nil {
				err = found
			}
		}
		out.Missing[svc.Name] = err
		return
	}
	name := svc.Image
	if len(img.Names) > 0 && imageref.IsSource(svc.Image) {
		name = img.Names[0]
	}
	out.Images[svc.Name] = imageconfig.Resolved{Image: imageconfig.Image{ID: img.ID, Name: name}, Config: img.Config}
}
