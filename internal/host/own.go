package host

import (
	"context"
	"fmt"
	"os"

	"github.com/mocker-compose/mocker-compose/internal/exchange"
	"github.com/mocker-compose/mocker-compose/internal/host/contents"
	"github.com/mocker-compose/mocker-compose/internal/host/mounts"
	"github.com/mocker-compose/mocker-compose/internal/host/ownfiles"
	"github.com/mocker-compose/mocker-compose/internal/image"
	"github.com/mocker-compose/mocker-compose/internal/imageconfig"
	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/supervisor"
)

// decideOwn finds the ids that a container has exchanged: for its life, since what it
// has written is owned by that rule.
func (r *Runtime) decideOwn(ctx context.Context, c *container, sc *supervisor.Container) error {
	x, known := image.ExchangeOf(r.dirs.ContainerData(r.project, sc.Name))
	var err error
	if !known {
		if x, err = r.wantOwn(&sc.Service, sc.Image.ID, r.dataOf(c.rec.Mounts)); err != nil {
			return err
		}
	}
	_, err = r.userNS(ctx, x)
	if err != nil && sc.Service.OwnFiles == "" && !known {
		r.notice(fmt.Sprintf("service %s: its new files in your directories will not be yours: %v", sc.Service.Name, err))
		x, err = exchange.IDs{}, nil
	}
	c.rec.Own = x
	return err
}

// wantOwn decides for a service as it is with its image, and for its mounts.
func (r *Runtime) wantOwn(svc *project.Service, id string, data []ownfiles.Data) (x exchange.IDs, err error) {
	if id == "" || !ownfiles.Candidate(svc) || !r.canOwn(svc) {
		return x, nil
	}
	store, err := r.store()
	if err != nil {
		return x, err
	}
	img, err := store.Find(id)
	if err != nil {
		return x, err
	}
	root, err := r.roots.Look(store, &img)
	if err != nil {
		return x, err
	}
	defer root.Close()
	w := ownfiles.Wanted{Service: svc, Config: &img.Config, Root: root, Data: data, Shared: r.sharing.Shared(svc)}
	x, notice, err := w.Decide()
	if notice != "" {
		r.notice(notice)
	}
	return x, err
}

// canOwn tells whether ids can be exchanged here at all. Who has asked for it is told
// why not.
func (r *Runtime) canOwn(svc *project.Service) bool {
	why := ""
	switch {
	case r.singleID:
		return false // whatever a container writes is the caller's, which is said elsewhere
	case r.portable:
		why = ownfiles.ErrNoExchange.Error()
	case r.overlay() != nil:
		why = "it needs overlays of the kernel's"
	default:
		return true
	}
	if svc.OwnFiles != "" {
		r.notice("x-mocker.own_files has no effect: " + why)
	}
	return false
}

// dataOf are the mounts that have files of somebody's.
func (r *Runtime) dataOf(mounts []mounts.Mount) (list []ownfiles.Data) {
	for _, m := range mounts {
		if m.Type != project.MountBind && m.Type != project.MountVolume {
			continue
		}
		d := ownfiles.Data{Target: m.Target, Path: r.mounting.Seen(m), Shown: m.Source, Volume: m.Type == project.MountVolume, Write: !m.ReadOnly}
		if d.Volume {
			d.Shown = m.Volume
		}
		if _, err := os.Lstat(d.Path); err != nil {
			d.Path = ""
		}
		list = append(list, d)
	}
	return list
}

// prepareOwn makes the trees of images that the services will need whose containers do
// not exist, so that the user sees what takes its time, and refuses what their creation
// would refuse.
func (r *Runtime) prepareOwn(ctx context.Context, services []project.Service, found imageconfig.Set, say func(name, status string)) error {
	r.sharing.Note(services)
	for i := range services {
		img, ok := found[services[i].Name]
		if exists, own := r.ownOf(services[i].Name); !ok || exists && (services[i].OwnFiles == "" || services[i].OwnFiles == project.OwnFilesOff || !own.None()) {
			continue
		}
		svc, _ := imageconfig.Apply(services[i], &img.Config)
		x, err := r.wantOwn(&svc, img.ID, r.dataOf(r.mounting.ToBe(&svc)))
		if err != nil {
			return fmt.Errorf("service %s: %w", services[i].Name, err) // nothing has been changed
		}
		if x.None() {
			continue
		}
		store, err := r.store()
		if err != nil {
			return err
		}
		making := false
		err = store.MakeVariant(ctx, img.ID, r.roots.Variant(x, true), func() {
			making = true
			say(img.Name, "Exchanging owners")
		})
		switch {
		case err != nil && making:
			say(img.Name, "Error")
			return err
		case err != nil:
			return err
		case making:
			say(img.Name, "Exchanged owners")
		}
	}
	return nil
}

// ownOf tells whether a service has a container, and what that has exchanged.
func (r *Runtime) ownOf(service string) (exists bool, x exchange.IDs) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range r.containers {
		if c.service == service {
			return true, c.rec.Own
		}
	}
	return false, x
}

// userNS is the user namespace in which these ids have changed places; nil = ours.
func (r *Runtime) userNS(ctx context.Context, x exchange.IDs) (*os.File, error) {
	return r.owning.Of(ctx, x)
}

// contents keeps configs and secrets.
func (r *Runtime) contents() *contents.Keeper {
	return &contents.Keeper{Path: r.scratchPath, SingleID: r.singleID, Notice: r.notice}
}

// KeepContents implements supervisor.Runtime.
func (r *Runtime) KeepContents(list map[string][]byte) error { return r.contents().Keep(list) }
