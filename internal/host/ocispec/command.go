package ocispec

import (
	"os"

	"github.com/opencontainers/runtime-spec/specs-go"

	"github.com/mocker-compose/mocker-compose/internal/capability"
	"github.com/mocker-compose/mocker-compose/supervisor/kernel"
)

// Command is the process of a command that is executed in the container, root being its
// root directory.
func (v *View) Command(sc *kernel.Container, spec kernel.ExecSpec, root *os.File) (*specs.Process, error) {
	p, err := v.Process(sc)
	if err != nil {
		return nil, err
	}
	who := sc.Service.User
	if spec.User != "" {
		who = spec.User
	}
	user := *sc
	user.Service.User = who
	if err := v.SetUser(&user, root, p); err != nil {
		return nil, err
	}
	p.Args = spec.Args
	p.Env = MergeEnv(p.Env, spec.Env)
	p.Terminal = spec.TTY
	if spec.TTY {
		p.Env = MergeEnv([]string{"TERM=xterm"}, p.Env)
	}
	if spec.WorkingDir != "" {
		p.Cwd = spec.WorkingDir
	}
	if spec.Privileged {
		all := capability.All()
		p.Capabilities = &specs.LinuxCapabilities{Bounding: all, Permitted: all, Effective: all}
	}
	return p, nil
}
