package client

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/pflag"

	"github.com/mocker-compose/mocker-compose/project"
)

// Imaging is how the images of services are got before anything else is done.
type Imaging struct {
	Pull                  string // in place of each service's pull_policy; "" = as the files say
	Build, NoBuild        bool
	QuietPull, QuietBuild bool
}

// GetImages gets the images of services that are missing or have to be got anew, by
// pulling and building (internal/client/imageprep). It is set once before the first
// command runs; without it images have to be there. They are not pruned before release
// is called: when the supervisor has them in use.
var GetImages func(ctx context.Context, e *Env, p *project.Project, services []string, o Imaging) (release func(), err error)

// pullPolicies are docker compose's; the first stands for what the file says.
var pullPolicies = []string{"policy", "always", "missing", "never", "build", "if_not_present"}

// Register defines the flags in fs.
func (o *Imaging) Register(fs *pflag.FlagSet) {
	fs.BoolVar(&o.Build, "build", false, "build images first, also those that are there")
	fs.BoolVar(&o.NoBuild, "no-build", false, "build no image, even one that is missing")
	o.RegisterPull(fs)
	fs.BoolVar(&o.QuietBuild, "quiet-build", false, "print no progress of builds")
}

// RegisterPull defines those of the flags in fs that are about pulling.
func (o *Imaging) RegisterPull(fs *pflag.FlagSet) {
	fs.StringVar(&o.Pull, "pull", "policy", "when to pull images, as `WHEN` says: always, missing, never, build")
	fs.BoolVar(&o.QuietPull, "quiet-pull", false, "print no progress of pulls")
}

// Check refuses what contradicts itself, and forgets what says nothing.
func (o *Imaging) Check() error {
	if o.Pull != "" && !slices.Contains(pullPolicies, o.Pull) {
		return fmt.Errorf("invalid --pull option %q: use %s", o.Pull, strings.Join(pullPolicies[1:], ", "))
	}
	if o.Build && o.NoBuild {
		return errors.New("--build and --no-build are incompatible")
	}
	if o.Pull == pullPolicies[0] {
		o.Pull = ""
	}
	return nil
}

// getImages gets the images of services and, unless alone, of what they depend on.
// Ctrl-C ends it, and nothing has been changed then.
func (e *Env) getImages(ctx context.Context, p *project.Project, o Imaging, alone bool, services []string) (release func(), err error) {
	if e.Global.DryRun {
		if e.outlook, err = e.lookAtImages(ctx, p, o, alone, services); err != nil {
			return nil, err
		}
		return func() {}, e.sayImages(p, e.outlook)
	}
	if GetImages == nil {
		return func() {}, nil
	}
	if !alone || len(services) == 0 {
		if services, err = p.WithDependencies(services); err != nil {
			return nil, err
		}
	}
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	return GetImages(ctx, e, p, services, o)
}
