package client

import (
	"context"
	"slices"

	"github.com/mocker-compose/mocker-compose/internal/plan"
	"github.com/mocker-compose/mocker-compose/internal/rehearsal"
	"github.com/mocker-compose/mocker-compose/internal/volumes"
	"github.com/mocker-compose/mocker-compose/project"
)

// Forecast is what an up would do.
type Forecast struct {
	Project   *project.Project
	Plan      *plan.Plan
	Images    *ImageOutlook
	Networks  []string         // resolved names of the project's own that exist
	Volumes   []string         // the same of volumes
	Kept      []volumes.Change // volumes that stay as they were made, although the file has changed them
	Providers []string         // services that another program provides
	Steps     []rehearsal.Step // of pre_start, in their order
	// Renewed are the anonymous volumes, by where they are mounted, that containers lose
	// with -V, by the name of the container.
	Renewed map[string][]string
}

// Forecast makes the plan of an up with these flags, and carries nothing of it out.
func (e *Env) Forecast(ctx context.Context, t Target, o *UpOptions, services []string) (*Forecast, error) {
	if err := e.checkUp(ctx, t, o, services); err != nil {
		return nil, err
	}
	f := &Forecast{Project: t.Project, Images: &ImageOutlook{}, Plan: &plan.Plan{}}
	for _, p := range t.Project.ProvidersOf(services, !o.NoDeps) {
		f.Providers = append(f.Providers, p.Service)
	}
	services, none := contained(services, t.Project.ProvidersOf(nil, false))
	if none || len(t.Project.Services) == 0 {
		return f, nil
	}
	live, err := e.Live(ctx, t.Name)
	if err != nil {
		return nil, err
	}
	if f.Images, err = e.lookAtImages(ctx, t.Project, o.images, o.NoDeps, services); err != nil {
		return nil, err
	}
	selected, err := o.selected(t.Project, services)
	if err != nil {
		return nil, err
	}
	changed, err := volumes.Open(e.Dirs).Changed(t.Project, selected)
	if err != nil {
		return nil, err
	}
	if err := e.externalVolumes(t.Project); err != nil {
		return nil, err
	}
	req := o.request(t.Project, services, e.RemoveOrphans(o.RemoveOrphans))
	for _, v := range changed {
		if o.Yes && v.Taken == "" && !o.NoRecreate {
			req.Discard = append(req.Discard, v.Name)
		} else {
			f.Kept = append(f.Kept, v)
		}
	}
	stage := rehearsal.Stage{Live: live, Images: f.Images.Images, Open: f.Images.Open}
	if f.Plan, _, err = stage.Plan(req); err != nil {
		return nil, err
	}
	f.Steps, f.Renewed = stage.Steps(f.Plan, &req.Project), stage.Renewed(f.Plan, req)
	f.there(stage.Live.Networks, stage.Live.Volumes)
	return f, nil
}

// there notes what exists of the project's networks and volumes.
func (f *Forecast) there(networks, volumes []string) {
	for _, n := range f.Project.Networks {
		if !n.External && slices.Contains(networks, n.Name) {
			f.Networks = append(f.Networks, n.Name)
		}
	}
	for _, v := range f.Project.Volumes {
		if !v.External && slices.Contains(volumes, v.Name) {
			f.Volumes = append(f.Volumes, v.Name)
		}
	}
}
