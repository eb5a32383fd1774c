package client

import (
	"context"

	"github.com/mocker-compose/mocker-compose/internal/lowports"
	"github.com/mocker-compose/mocker-compose/project"
)

// Preparation is what is to be ready before a container of its own can be asked for.
type Preparation struct {
	Images  Imaging
	Uplink  UplinkValue
	Ports   *lowports.Flag
	NoDeps  bool
	Service *project.Service // the container's, which the target's project need not have like this
}

// Prepare refuses what cannot run, puts the flags over what the file says, gets the images
// and runs what provides services. The images are not pruned before release is called:
// when the supervisor has them in use.
func (e *Env) Prepare(ctx context.Context, t Target, p *Preparation) (release func(), err error) {
	if err := e.externals(ctx, t.Project); err != nil {
		return nil, err
	}
	if t.Project.Uplink, err = e.uplink(p.Uplink, t.Project.Uplink); err != nil {
		return nil, err
	}
	if err := p.Ports.Apply(e.Getenv, append(pointers(t.Project.Services), p.Service)...); err != nil {
		return nil, err
	}
	e.Notices(t.Project.Notices)
	release, err = e.getImages(ctx, t.Project, p.Images, p.NoDeps, []string{p.Service.Name})
	if err != nil {
		return nil, err
	}
	if err := e.provide(ctx, t, []string{p.Service.Name}, p.NoDeps, p.Service); err != nil {
		release()
		return nil, err
	}
	return release, nil
}
