package host

import (
	"fmt"
	"slices"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/mocker-compose/mocker-compose/internal/seccomp"
	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/rootless/sandbox"
	"github.com/mocker-compose/mocker-compose/supervisor"
)

// ociSpec says in the terms of the runtime spec what the service's container is.
func (r *Runtime) ociSpec(c *container, sc *supervisor.Container) (*specs.Spec, error) {
	p, err := r.process(c, sc)
	if err != nil {
		return nil, err
	}
	s := &specs.Spec{
		Version:    specs.Version,
		Hostname:   hostname(sc),
		Domainname: sc.Service.Domainname,
		Root:       &specs.Root{Readonly: sc.Service.ReadOnly},
		Process:    p,
		Linux:      &specs.Linux{Sysctl: sc.Service.Sysctls},
	}
	for name := range sc.Service.Sysctls {
		if err := sandbox.CheckSysctl(name, c.rec.HostNet); err != nil {
			return nil, err
		}
	}
	if c.rec.HostNet {
		s.Hostname = sc.Service.Hostname
	}
	if !sc.Service.Privileged {
		s.Linux.MaskedPaths, s.Linux.ReadonlyPaths = sandbox.MaskedPaths, sandbox.ReadonlyPaths
	}
	s.Mounts = r.mounts(c, sc)
	return s, nil
}

// process is the service's main process, but for its user.
func (r *Runtime) process(c *container, sc *supervisor.Container) (*specs.Process, error) {
	svc := &sc.Service
	caps, err := capabilities(svc)
	if err != nil {
		return nil, err
	}
	args := slices.Concat(svc.Entrypoint, svc.Command)
	if len(args) == 0 {
		return nil, fmt.Errorf("no command: set command or entrypoint")
	}
	nnp := false
	for _, o := range svc.SecurityOpt {
		nnp = nnp || strings.HasPrefix(o, "no-new-privileges=")
	}
	return &specs.Process{
		Args: args, Env: environment(c, sc), Cwd: workingDir(c, sc),
		Terminal: svc.TTY, NoNewPrivileges: nnp,
		Capabilities: &specs.LinuxCapabilities{Bounding: caps, Permitted: caps, Effective: caps},
	}, nil
}

func capabilities(svc *project.Service) ([]string, error) {
	if svc.Privileged {
		return sandbox.AllCaps(), nil
	}
	return sandbox.Capabilities(svc.CapAdd, svc.CapDrop)
}

// filter is the compiled seccomp filter of a service; nil = none.
func filter(svc *project.Service, caps []string) ([]byte, error) {
	if svc.Privileged {
		return nil, nil
	}
	for _, o := range svc.SecurityOpt {
		if o == "seccomp=unconfined" {
			return nil, nil
		}
	}
	return seccomp.Default(caps)
}

// ownFilter tells whether the service has a seccomp profile of the user's, which
// may allow less than any other.
func ownFilter(svc *project.Service) bool {
	return slices.ContainsFunc(svc.SecurityOpt, func(o string) bool {
		return strings.HasPrefix(o, "seccomp=") && o != "seccomp=unconfined"
	})
}

// environment is what docker sets, under what the file sets.
func environment(c *container, sc *supervisor.Container) []string {
	env := []string{"PATH=" + sandbox.DefaultPath, "HOSTNAME=" + hostname(sc)}
	if sc.Service.TTY {
		env = append(env, "TERM=xterm")
	}
	return mergeEnv(env, sc.Service.Environment)
}

// mergeEnv appends over to base; a later entry of a name wins.
func mergeEnv(base, over []string) []string {
	out := slices.Clone(base)
	for _, kv := range over {
		name, _, ok := strings.Cut(kv, "=")
		out = slices.DeleteFunc(out, func(have string) bool {
			return strings.HasPrefix(have, name+"=")
		})
		if ok {
			out = append(out, kv)
		}
	}
	return out
}

// workingDir is the file's, or on the host's root file system the project
// directory: there a command finds what it finds on the host.
func workingDir(c *container, sc *supervisor.Container) string {
	switch {
	case sc.Service.WorkingDir != "":
		return sc.Service.WorkingDir
	case c.rec.Lower == "":
		return sc.Dir
	}
	return "/"
}
