package client

import (
	"errors"

	"github.com/spf13/pflag"

	"github.com/mocker-compose/mocker-compose/internal/lowports"
)

// UpOptions are the flags of up.
type UpOptions struct {
	Detach, Wait                      bool
	WaitTimeout, Timeout              int
	ForceRecreate, NoRecreate         bool
	NoDeps, NoStart, RemoveOrphans    bool
	RenewVolumes, RecreateDeps, Yes   bool
	AbortOnExit, AbortOnFailure       bool
	ExitCodeFrom                      string
	images                            Imaging
	Attach, NoAttach                  []string
	AttachDeps                        bool
	Timestamps, NoLogPrefix, NoColour bool
	Scale                             []string
	Watch, menu                       bool
	menuGiven                         func() bool
	uplink                            UplinkValue
	keepUplink                        bool // where nothing is said: as it is, and not the default
	Ports                             lowports.Flag
}

// Register defines the flags in fs.
func (o *UpOptions) Register(fs *pflag.FlagSet) {
	fs.BoolVarP(&o.Detach, "detach", "d", false, "return when the containers are started")
	fs.BoolVar(&o.Wait, "wait", false, "return when the services run and are healthy; implies -d")
	fs.IntVar(&o.WaitTimeout, "wait-timeout", 0, "give up waiting after `SECONDS` (0: never)")
	timeoutFlag(fs, &o.Timeout)
	fs.BoolVar(&o.ForceRecreate, "force-recreate", false, "replace containers even if nothing changed")
	fs.BoolVar(&o.NoRecreate, "no-recreate", false, "keep existing containers even if their service changed")
	fs.BoolVar(&o.RecreateDeps, "always-recreate-deps", false, "replace what the named services depend on, even if nothing changed")
	fs.BoolVar(&o.NoDeps, "no-deps", false, "leave out what the services depend on")
	fs.BoolVar(&o.NoStart, "no-start", false, "create only")
	fs.BoolVar(&o.RemoveOrphans, "remove-orphans", false, "remove containers whose service left the file")
	fs.BoolVarP(&o.RenewVolumes, "renew-anon-volumes", "V", false, "give recreated containers new anonymous volumes")
	fs.BoolVar(&o.AbortOnExit, "abort-on-container-exit", false, "stop all when one container ends")
	fs.BoolVar(&o.AbortOnFailure, "abort-on-container-failure", false, "stop all when one container fails")
	fs.StringVar(&o.ExitCodeFrom, "exit-code-from", "", "end with the exit code of `SERVICE`; implies --abort-on-container-exit")
	fs.StringArrayVar(&o.Attach, "attach", nil, "show the logs of `SERVICE` only; repeat for more")
	fs.StringArrayVar(&o.NoAttach, "no-attach", nil, "do not show the logs of `SERVICE`")
	fs.BoolVar(&o.AttachDeps, "attach-dependencies", false, "show the logs of dependencies too")
	fs.BoolVar(&o.Timestamps, "timestamps", false, "show when each line was written")
	fs.BoolVar(&o.NoLogPrefix, "no-log-prefix", false, "show lines without the container's name")
	fs.BoolVar(&o.NoColour, "no-color", false, "show lines without colour")
	fs.StringArrayVar(&o.Scale, "scale", nil, "run N replicas: `SERVICE=N`")
	UplinkFlag(fs, &o.uplink)
	o.Ports.Register(fs)
	o.images.Register(fs)
	fs.BoolVarP(&o.Watch, "watch", "w", false, "watch files and do what develop.watch says")
	fs.BoolVar(&o.menu, "menu", true, "show keys below the logs (also COMPOSE_MENU)")
	o.menuGiven = func() bool { return fs.Changed("menu") }
	yesFlag(fs, &o.Yes)
}

// RegisterPlan defines those of the flags in fs that change what is to be done.
func (o *UpOptions) RegisterPlan(fs *pflag.FlagSet) {
	fs.BoolVar(&o.ForceRecreate, "force-recreate", false, "as if every container had to be replaced")
	fs.BoolVar(&o.NoRecreate, "no-recreate", false, "as if no container were to be replaced")
	fs.BoolVar(&o.RecreateDeps, "always-recreate-deps", false, "as if what the named services depend on had to be replaced")
	fs.BoolVar(&o.NoDeps, "no-deps", false, "leave out what the services depend on")
	fs.BoolVar(&o.NoStart, "no-start", false, "as create does: nothing is started")
	fs.BoolVar(&o.RemoveOrphans, "remove-orphans", false, "remove containers whose service left the file")
	fs.BoolVarP(&o.RenewVolumes, "renew-anon-volumes", "V", false, "as if recreated containers were to have new anonymous volumes")
	fs.StringArrayVar(&o.Scale, "scale", nil, "run N replicas: `SERVICE=N`")
	fs.BoolVar(&o.images.Build, "build", false, "build images first, also those that are there")
	fs.BoolVar(&o.images.NoBuild, "no-build", false, "build no image, even one that is missing")
	fs.StringVar(&o.images.Pull, "pull", "policy", "when to pull images, as `WHEN` says: always, missing, never, build")
	yesFlag(fs, &o.Yes)
	UplinkFlag(fs, &o.uplink)
	o.Ports.Register(fs)
	o.Timeout = -1
}

func yesFlag(fs *pflag.FlagSet, to *bool) {
	fs.BoolVarP(to, "yes", "y", false, "do not ask: make volumes anew that the file has changed, without what is in them")
}

// Detached: the command returns when the containers are up.
func (o *UpOptions) Detached() bool { return o.Detach || o.Wait || o.NoStart }

// abort: one container that ends, or fails, ends all.
func (o *UpOptions) abort() bool { return o.AbortOnExit || o.AbortOnFailure || o.ExitCodeFrom != "" }

// check refuses flags that contradict each other.
func (o *UpOptions) check() error {
	switch {
	case o.ForceRecreate && o.NoRecreate:
		return errors.New("--force-recreate and --no-recreate are incompatible")
	case o.RecreateDeps && o.NoRecreate:
		return errors.New("--always-recreate-deps and --no-recreate are incompatible")
	case o.AbortOnExit && o.AbortOnFailure:
		return errors.New("--abort-on-container-exit and --abort-on-container-failure are incompatible")
	case o.AbortOnFailure && o.ExitCodeFrom != "":
		return errors.New("--abort-on-container-failure and --exit-code-from are incompatible")
	case o.Detach && (o.abort() || o.AttachDeps || len(o.Attach) > 0 || o.Watch):
		return errors.New("--detach cannot be combined with --abort-on-container-exit, --abort-on-container-failure, --exit-code-from, --attach, --attach-dependencies or --watch")
	case o.Wait && (o.abort() || o.Watch):
		return errors.New("--wait cannot be combined with --abort-on-container-exit, --abort-on-container-failure, --exit-code-from or --watch")
	case o.NoStart && o.Watch:
		return errors.New("--no-start and --watch are incompatible")
	case o.images.NoBuild && o.Watch:
		return errors.New("--no-build and --watch are incompatible")
	case o.WaitTimeout > 0 && !o.Wait:
		return errors.New("--wait-timeout needs --wait")
	}
	return o.images.Check()
}
