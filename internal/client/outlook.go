package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/internal/client/reach"
	"github.com/mocker-compose/mocker-compose/internal/imageconfig"
	"github.com/mocker-compose/mocker-compose/internal/rehearsal"
	"github.com/mocker-compose/mocker-compose/internal/state"
	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/supervisor/record"
	"github.com/mocker-compose/mocker-compose/supervisor/states"
)

// What a command would do, told without doing it: for --dry-run and for plan. Nothing is
// started, not even a supervisor, and nothing is written.

// ImageOutlook is what would be done for the images of services.
type ImageOutlook struct {
	Images imageconfig.Set // of services whose image is there and stays
	Pull   []string        // names of images that would be pulled
	Build  []string        // services whose image would be built
	Cached []string        // services whose image would be built, wholly from the cache
	Read   []string        // files that would be read as images
	Open   []string        // services with one of those
	// Missing are services whose image is not there, and that nobody may get.
	Missing map[string]error
}

// LookAtImages finds out what [GetImages] would do. It is set with it.
var LookAtImages func(ctx context.Context, e *Env, p *project.Project, services []string, o Imaging) (*ImageOutlook, error)

// lookAtImages is getImages for a dry run: it says what would be got.
func (e *Env) lookAtImages(ctx context.Context, p *project.Project, o Imaging, alone bool, services []string) (out *ImageOutlook, err error) {
	if LookAtImages == nil {
		return &ImageOutlook{}, nil
	}
	if !alone || len(services) == 0 {
		if services, err = p.WithDependencies(services); err != nil {
			return nil, err
		}
	}
	return LookAtImages(ctx, e, p, services, o)
}

// sayImages tells what would be got, in docker compose's lines.
func (e *Env) sayImages(p *project.Project, o *ImageOutlook) error {
	var build []string
	for _, name := range slices.Concat(o.Build, o.Cached) {
		if s, ok := p.Service(name); ok {
			build = append(build, s.Image)
		}
	}
	for _, group := range []struct {
		names         []string
		before, after string
	}{{o.Pull, "Pulling", "Pulled"}, {build, "Building", "Built"}, {o.Read, "Loading", "Loaded"}} {
		for _, name := range group.names {
			e.Rehearse("Image", name, group.before, group.after)
		}
	}
	var missing []error
	for name, err := range o.Missing {
		missing = append(missing, fmt.Errorf("service %q: %w", name, err))
	}
	return errors.Join(missing...)
}

// Rehearse tells, in a dry run, of a step on one thing.
func (e *Env) Rehearse(kind, name, before, after string) {
	e.RehearseWith(kind, name, before, after, "")
}

// RehearseWith is Rehearse, with what else is to be said of the end of the step. Before
// is "" if there is no word for it.
func (e *Env) RehearseWith(kind, name, before, after, details string) {
	p := e.Progress()
	if before != "" {
		p.Line(&api.Progress{Kind: kind, Name: name, Status: before})
	}
	p.Line(&api.Progress{Kind: kind, Name: name, Status: after, Text: details})
}

// sayProviders names those that a dry run does not run: what they would do, they alone
// know.
func (e *Env) sayProviders(list []*project.Provider) {
	for _, p := range list {
		e.Progress().Line(&api.Progress{Kind: "Service", Name: p.Service, Status: "Skipped", Text: "its provider is not run"})
	}
}

// Live is what there is of a project: as its supervisor tells, or as the last one has
// left it; nil if there is no such project.
func (e *Env) Live(ctx context.Context, name string) (*record.Live, error) {
	live := &record.Live{}
	told := false
	err := e.Call(ctx, name, api.Request{Op: api.OpRecord}, func(a *api.Answer) error {
		if a.Record == nil {
			return nil
		}
		told = true
		return json.Unmarshal(a.Record, live)
	})
	if err == nil && !told {
		err = errors.New("the supervisor told nothing of its project")
	}
	if !errors.Is(err, reach.ErrNotRunning) {
		return live, err
	}
	rec, sameBoot, err := record.Peek(e.Dirs.StateFile(name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if errors.Is(err, state.ErrCorrupt) {
		e.Warn(err.Error() + ": what changes the project sets it aside and begins anew")
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	live.Record = rec
	if !sameBoot || !e.Supervisors().Held(ctx, name) {
		for i := range live.Containers {
			buryReplica(&live.Containers[i])
		}
	}
	return live, nil
}

// buryReplica makes what is said to live one that has ended with its holder.
func buryReplica(r *record.Replica) {
	if r.Live() || r.State == states.Waiting {
		r.State, r.Desired, r.Held = states.Exited, states.WantStopped, false
	}
}

// rehearse tells what a request would do.
func (e *Env) rehearse(ctx context.Context, name string, req *api.Request, on func(*api.Answer) error) error {
	live, err := e.Live(ctx, name)
	if err != nil {
		return err
	}
	if live == nil && req.Op != api.OpUp && req.Op != api.OpRun && (req.Down == nil || len(req.Down.Left) == 0) {
		return fmt.Errorf("%w %q: not found", errUnknown, name)
	}
	stage := rehearsal.Stage{Live: live, Say: func(p api.Progress) {
		if on != nil {
			_ = on(&api.Answer{Progress: &p})
		}
	}}
	if e.outlook != nil {
		stage.Images, stage.Open = e.outlook.Images, e.outlook.Open
	}
	if req.Up != nil {
		if err := e.externalVolumes(&req.Up.Project); err != nil {
			return err
		}
	}
	if err := stage.Perform(req); err != nil {
		return err
	}
	if on != nil {
		return on(&api.Answer{Done: true})
	}
	return nil
}
