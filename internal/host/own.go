package host

import (
	"context"
	"fmt"
	"os"
	"slices"

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

// wantOwn finds what a service wants, as it is with its image, and what stands for it with
// the data that is there: of what has been agreed on, else of what it wants by itself.
func (r *Runtime) wantOwn(svc *project.Service, id string, data []ownfiles.Data) (exchange.IDs, error) {
	w, done, err := r.wanted(svc, id, data)
	if w == nil || err != nil {
		return exchange.IDs{}, err
	}
	defer done()
	x, notice, err := w.Wish()
	r.noticeIf(notice)
	if err != nil {
		return x, err
	}
	x, notice, err = w.Check(r.agreed.Of(svc, x))
	r.noticeIf(notice)
	return x, err
}

// wanted is what is known of a service that may have ids exchanged; nil if it cannot.
func (r *Runtime) wanted(svc *project.Service, id string, data []ownfiles.Data) (_ *ownfiles.Wanted, done func() error, err error) {
	if id == "" || !ownfiles.Candidate(svc) && r.agreed.Of(svc, exchange.IDs{}).None() || !r.canOwn(svc) {
		return nil, nil, nil
	}
	store, err := r.store()
	if err != nil {
		return nil, nil, err
	}
	img, err := store.Find(id)
	if err != nil {
		return nil, nil, err
	}
	root, err := r.roots.Look(store, &img)
	if err != nil {
		return nil, nil, err
	}
	return &ownfiles.Wanted{Service: svc, Config: &img.Config, Root: root, Data: data}, root.Close, nil
}

func (r *Runtime) noticeIf(text string) {
	if text != "" {
		r.notice(text)
	}
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

// prepareOwn has the services agree on owners, makes the trees of images that those will
// need whose containers do not exist, so that the user sees what takes its time, and
// refuses what their creation would refuse.
func (r *Runtime) prepareOwn(ctx context.Context, services []project.Service, found imageconfig.Set, say func(name, status string)) error {
	list, err := r.agree(services, found)
	if err != nil {
		return err // nothing has been changed
	}
	for _, one := range list {
		if err := r.makeVariant(ctx, one, say); err != nil {
			return err
		}
	}
	return nil
}

// variantToBe is a tree of an image that a service will need.
type variantToBe struct {
	image imageconfig.Image
	ids   exchange.IDs
}

// agree finds what services want, by themselves and together.
func (r *Runtime) agree(services []project.Service, found imageconfig.Set) (list []variantToBe, err error) {
	parties := make([]ownfiles.Party, 0, len(services))
	for i := range services {
		img := found[services[i].Name]
		svc, _ := imageconfig.Apply(services[i], &img.Config)
		p := ownfiles.Party{Service: &svc}
		exists, own := r.ownOf(svc.Name)
		p.Fixed = exists && (!own.None() || svc.OwnFiles == "" || svc.OwnFiles == project.OwnFilesOff)
		if !p.Fixed || !own.None() { // else another container of it finds out at its creation
			if p.Wish, err = r.wish(&svc, img.ID); err != nil {
				return nil, fmt.Errorf("service %s: %w", svc.Name, err)
			}
		}
		parties = append(parties, p)
	}
	ids, notices := r.agreed.Reach(append(parties, r.othersOf(services)...), func(name string) bool {
		exists, own := r.ownOf(name)
		return !exists || !own.None()
	})
	for _, text := range notices {
		r.notice(text)
	}
	for i := range parties {
		svc := parties[i].Service
		if ids[svc.Name].None() || parties[i].Fixed {
			continue
		}
		img := found[svc.Name]
		x, err := r.wantOwn(svc, img.ID, r.dataOf(r.mounting.ToBe(svc)))
		if err != nil {
			return nil, fmt.Errorf("service %s: %w", svc.Name, err)
		}
		if !x.None() {
			list = append(list, variantToBe{img.Image, x})
		}
	}
	return list, nil
}

// wish is what a service wants by itself.
func (r *Runtime) wish(svc *project.Service, id string) (exchange.IDs, error) {
	w, done, err := r.wanted(svc, id, r.dataOf(r.mounting.ToBe(svc)))
	if w == nil || err != nil {
		return exchange.IDs{}, err
	}
	defer done()
	x, notice, err := w.Wish()
	r.noticeIf(notice)
	return x, err
}

// othersOf are the services of the project that have containers and are not among these.
func (r *Runtime) othersOf(services []project.Service) (list []ownfiles.Party) {
	all := r.agreed.Services()
	for i := range all {
		if slices.ContainsFunc(services, func(s project.Service) bool { return s.Name == all[i].Name }) {
			continue
		}
		if exists, own := r.ownOf(all[i].Name); exists {
			list = append(list, ownfiles.Party{Service: &all[i], Wish: own, Fixed: true})
		}
	}
	return list
}

// makeVariant makes the tree of an image, unless it is there.
func (r *Runtime) makeVariant(ctx context.Context, v variantToBe, say func(name, status string)) error {
	store, err := r.store()
	if err != nil {
		return err
	}
	making := false
	err = store.MakeVariant(ctx, v.image.ID, r.roots.Variant(v.ids, true), func() {
		making = true
		say(v.image.Name, "Exchanging owners")
	})
	switch {
	case err != nil && making:
		say(v.image.Name, "Error")
	case err == nil && making:
		say(v.image.Name, "Exchanged owners")
	}
	return err
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
func (r *Runtime) KeepContents(list map[string][]byte, used []string) error {
	return r.contents().Keep(list, used)
}
