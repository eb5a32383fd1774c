package host

import (
	"fmt"
	"slices"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/mocker-compose/mocker-compose/internal/capability"
	"github.com/mocker-compose/mocker-compose/internal/host/bounds"
	"github.com/mocker-compose/mocker-compose/internal/host/notify"
	"github.com/mocker-compose/mocker-compose/internal/seccomp"
	"github.com/mocker-compose/mocker-compose/internal/sysctl"
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
		Hostname:   r.uname(sc),
		Domainname: sc.Service.Domainname,
		Root:       &specs.Root{Readonly: sc.Service.ReadOnly},
		Process:    p,
		Linux:      &specs.Linux{Sysctl: sc.Service.Sysctls},
	}
	for name := range sc.Service.Sysctls {
		if err := sysctl.Check(name, sysctl.Host{Net: c.rec.HostNet, IPC: sc.Service.IPC == "host"}); err != nil {
			return nil, err
		}
	}
	switch {
	case sc.Service.UTS != "":
		s.Hostname, s.Domainname = "", "" // those of the namespace
	case c.rec.HostNet:
		s.Hostname = sc.Service.Hostname
	}
	if !sc.Service.Privileged && !hasOption(&sc.Service, "systempaths=unconfined") {
		s.Linux.MaskedPaths = slices.Concat(sandbox.MaskedPaths, sandbox.ThermalPaths())
		s.Linux.ReadonlyPaths = sandbox.ReadonlyPaths
	}
	s.Annotations = sc.Service.Annotations
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
	limits, err := bounds.Limits(svc, r.notice)
	if err != nil {
		return nil, err
	}
	score, err := bounds.OOMScore(svc, r.notice)
	if err != nil {
		return nil, err
	}
	cpus, err := r.bound(sc)
	if err != nil {
		return nil, err
	}
	return &specs.Process{
		Args: args, Env: r.environment(sc), Cwd: workingDir(c, sc),
		Terminal: svc.TTY, NoNewPrivileges: hasOption(svc, "no-new-privileges=true"),
		Rlimits: limits, OOMScoreAdj: score, ExecCPUAffinity: cpus,
		Capabilities: &specs.LinuxCapabilities{Bounding: caps, Permitted: caps, Effective: caps},
	}, nil
}

func capabilities(svc *project.Service) ([]string, error) {
	if svc.Privileged {
		return capability.All(), nil
	}
	return capability.Apply(svc.CapAdd, svc.CapDrop)
}

// hasOption tells whether the file has this security option, as the loader writes it.
func hasOption(svc *project.Service, option string) bool {
	return slices.Contains(svc.SecurityOpt, option)
}

// filter is the compiled seccomp filter of a service. As with docker, privileged
// means none, but a profile of the file's own counts all the same.
func filter(svc *project.Service, caps []string) (seccomp.Program, error) {
	switch {
	case hasOption(svc, "seccomp=unconfined"):
		return seccomp.Program{}, nil
	case svc.SeccompProfile != "":
		return seccomp.Load(svc.SeccompProfile, caps)
	case svc.Privileged:
		return seccomp.Program{}, nil
	}
	code, err := seccomp.Default(caps)
	return seccomp.Program{Code: code}, err
}

// ownFilter tells whether the service has a seccomp profile of the user's, which
// may allow less than any other.
func ownFilter(svc *project.Service) bool {
	return svc.SeccompProfile != ""
}

// environment is what docker sets, under what the file sets.
func (r *Runtime) environment(sc *supervisor.Container) []string {
	env := []string{"PATH=" + sandbox.DefaultPath, "HOSTNAME=" + r.uname(sc)}
	if sc.Service.TTY {
		env = append(env, "TERM=xterm")
	}
	env = mergeEnv(env, sc.Service.Environment)
	if notified(sc) {
		env = mergeEnv(env, []string{"NOTIFY_SOCKET=" + notify.Inside})
	}
	return env
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
