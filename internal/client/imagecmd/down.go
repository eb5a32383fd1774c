package imagecmd

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/mocker-compose/mocker-compose/internal/client"
	"github.com/mocker-compose/mocker-compose/internal/image"
	"github.com/mocker-compose/mocker-compose/internal/image/imageref"
	"github.com/mocker-compose/mocker-compose/internal/progress"
	"github.com/mocker-compose/mocker-compose/project"
)

// The values of down --rmi.
const (
	RemoveAll   = "all"
	RemoveLocal = "local"
)

// CheckPolicy refuses what --rmi does not know.
func CheckPolicy(policy string) error {
	if policy == "" || policy == RemoveAll || policy == RemoveLocal {
		return nil
	}
	return fmt.Errorf("invalid value for --rmi: %q: use %q or %q", policy, RemoveAll, RemoveLocal)
}

// OfServices are the names of the images of a project's services, or of those named:
// all, or those alone that builds have made and the file gives no name. What is no
// image of the store has none.
func OfServices(p *project.Project, services []string, policy string) (refs []string) {
	if p == nil || policy == "" {
		return nil
	}
	for i := range p.Services {
		s := &p.Services[i]
		chosen := len(services) == 0 || slices.Contains(services, s.Name)
		local := s.Build != nil && !s.Build.Named
		if !chosen || s.Image == "" || imageref.IsSource(s.Image) || strings.HasPrefix(s.Image, "rootfs:") || policy == RemoveLocal && !local {
			continue
		}
		refs = append(refs, s.Image)
	}
	slices.Sort(refs)
	return slices.Compact(refs)
}

// RemoveAfterDown removes images whose containers are gone, as far as nobody else uses
// them, which is told and is no error.
func RemoveAfterDown(ctx context.Context, e *client.Env, refs []string) error {
	if len(refs) == 0 || e.Global.DryRun && !image.Exists(e.Dirs.Images()) {
		return nil
	}
	s, err := Open(e)
	if err != nil {
		return err
	}
	d := e.Display()
	defer e.Settle()
	var errs []error
	for _, ref := range refs {
		tell := func(st progress.Status, text string) {
			d.On(progress.Event{ID: "Image " + ref, Status: st, Text: text})
		}
		var missing *image.NotFoundError
		if _, err := s.Find(ref); errors.As(err, &missing) {
			tell(progress.Warning, "Warning: No resource found to remove")
			continue
		}
		tell(progress.Working, "Removing")
		if e.Global.DryRun {
			tell(progress.Done, "Removed")
			continue
		}
		err := change(ctx, s, s.Request(image.OpRemove, func(r *image.Request) { r.Clean = &image.CleanOptions{Refs: []string{ref}} }), func(*image.Message) {})
		if err != nil && strings.HasPrefix(err.Error(), "conflict:") { // it comes as text from another process
			tell(progress.Warning, "Warning: Resource is still in use")
			continue
		}
		if err != nil {
			tell(progress.Error, "Error")
			errs = append(errs, err)
			continue
		}
		tell(progress.Done, "Removed")
	}
	return errors.Join(errs...)
}
