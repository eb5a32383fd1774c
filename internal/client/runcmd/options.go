package runcmd

import (
	"errors"

	"github.com/spf13/pflag"

	"github.com/mocker-compose/mocker-compose/internal/client"
	"github.com/mocker-compose/mocker-compose/internal/client/tty"
	"github.com/mocker-compose/mocker-compose/internal/lowports"
)

// RunOptions are the flags of run.
type RunOptions struct {
	Detach, NoDeps, Quiet                           bool
	RemoveOrphans, Remove, ServicePorts, UseAliases bool
	images                                          client.Imaging
	CapAdd, CapDrop, Env, EnvFiles, Labels          []string
	Publish, Volumes                                []string
	Entrypoint, Name, User, WorkingDir              string
	uplink                                          client.UplinkValue
	Ports                                           lowports.Flag

	interactive, noTTY, tty bool
	changed                 func(flag string) bool
}

// Register defines the flags in fs. What follows the service belongs to the command.
func (o *RunOptions) Register(fs *pflag.FlagSet) {
	fs.SetInterspersed(false)
	fs.SetNormalizeFunc(func(_ *pflag.FlagSet, name string) pflag.NormalizedName {
		switch name {
		case "volumes":
			name = "volume"
		case "labels":
			name = "label"
		case "no-TTY":
			name = "no-tty"
		}
		return pflag.NormalizedName(name)
	})
	fs.StringSliceVar(&o.CapAdd, "cap-add", nil, "add a Linux `CAPABILITY`")
	fs.StringSliceVar(&o.CapDrop, "cap-drop", nil, "take a Linux `CAPABILITY` away")
	fs.BoolVarP(&o.Detach, "detach", "d", false, "return when it runs, and print the container's id")
	fs.StringVar(&o.Entrypoint, "entrypoint", "", "execute `COMMAND` in place of the service's entrypoint")
	fs.StringArrayVarP(&o.Env, "env", "e", nil, "set a variable: `KEY=VALUE`, or KEY to hand on your own")
	fs.StringArrayVar(&o.EnvFiles, "env-from-file", nil, "set the variables of a `FILE`")
	fs.BoolVarP(&o.interactive, "interactive", "i", true, "pass standard input on")
	fs.StringArrayVarP(&o.Labels, "label", "l", nil, "add or replace a label: `KEY=VALUE`")
	fs.StringVar(&o.Name, "name", "", "call the container `NAME`")
	fs.BoolVarP(&o.noTTY, "no-tty", "T", false, "without a terminal; default when input or output is none")
	fs.BoolVar(&o.NoDeps, "no-deps", false, "leave out what the service depends on")
	fs.StringArrayVarP(&o.Publish, "publish", "p", nil, "publish a `PORT`, as in ports of the compose file")
	fs.BoolVarP(&o.Quiet, "quiet", "q", false, "print no progress")
	fs.BoolVar(&o.RemoveOrphans, "remove-orphans", false, "remove containers whose service left the file")
	fs.BoolVar(&o.Remove, "rm", false, "remove the container, with its anonymous volumes, when it has ended")
	fs.BoolVarP(&o.ServicePorts, "service-ports", "P", false, "publish the ports of the service")
	fs.BoolVarP(&o.tty, "tty", "t", true, "")
	fs.BoolVar(&o.images.Build, "build", false, "build the image first, also if it is there")
	fs.BoolVar(&o.images.QuietBuild, "quiet-build", false, "print no progress of builds")
	o.images.RegisterPull(fs)
	client.UplinkFlag(fs, &o.uplink)
	fs.BoolVar(&o.UseAliases, "use-aliases", false, "let the container answer to the service's names")
	fs.StringVarP(&o.User, "user", "u", "", "as `USER[:GROUP]`")
	fs.StringArrayVarP(&o.Volumes, "volume", "v", nil, "mount a `VOLUME`, as in volumes of the compose file")
	fs.StringVarP(&o.WorkingDir, "workdir", "w", "", "in `DIR` inside the container")
	o.Ports.Register(fs)
	_ = fs.MarkHidden("tty") // fails only for a flag that does not exist
	o.changed = fs.Changed
}

// check refuses flags that contradict each other.
func (o *RunOptions) check() error {
	switch {
	case o.ServicePorts && len(o.Publish) > 0:
		return errors.New("--service-ports and --publish are incompatible")
	case o.changed("tty") && o.changed("no-tty"):
		return errors.New("--tty and --no-tty can't be used together")
	}
	return o.images.Check()
}

// EntrypointGiven is the entrypoint's line, nil if the flag was not given.
func (o *RunOptions) EntrypointGiven() *string {
	if !o.changed("entrypoint") {
		return nil
	}
	return &o.Entrypoint
}

// Terminal decides whether the container gets a terminal, by docker compose's
// rules: by default when both input and output are one.
func (o *RunOptions) Terminal(env *client.Env) bool {
	in, out := tty.Is(env.Stdin), tty.Is(env.Stdout)
	switch {
	case o.changed("tty"):
		return o.tty
	case o.changed("no-tty"):
		return !o.noTTY
	case o.changed("interactive"):
		return out
	}
	return in && out
}

// Interactive: standard input is passed on.
func (o *RunOptions) Interactive() bool { return o.interactive }
