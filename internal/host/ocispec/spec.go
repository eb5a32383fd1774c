package ocispec

import (
	"fmt"
	"slices"

	"github.com/opencontainers/runtime-spec/specs-go"

	"github.com/mocker-compose/mocker-compose/internal/host/bounds"
	"github.com/mocker-compose/mocker-compose/internal/sysctl"
	"github.com/mocker-compose/mocker-compose/rootless/sandbox"
	"github.com/mocker-compose/mocker-compose/supervisor/kernel"
)

// View is what is known of a container that the file does not tell.
type View struct {
	Hostname string // as it sees it
	HostRoot bool   // it has no image: the host's root file system
	HostNet  bool
	SingleID bool               // only root exists inside
	CPUs     *specs.CPUAffinity // what its processes are bound to; nil = nothing
	// Notice takes a line for the user: what the file wants and cannot be had.
	Notice func(string)
}

// Spec is the whole container, but for its mounts and its user.
func (v *View) Spec(sc *kernel.Container) (*specs.Spec, error) {
	p, err := v.Process(sc)
	if err != nil {
		return nil, err
	}
	s := &specs.Spec{
		Version:     specs.Version,
		Hostname:    v.Hostname,
		Domainname:  sc.Service.Domainname,
		Root:        &specs.Root{Readonly: sc.Service.ReadOnly},
		Process:     p,
		Linux:       &specs.Linux{Sysctl: sc.Service.Sysctls},
		Annotations: sc.Service.Annotations,
	}
	for name := range sc.Service.Sysctls {
		if err := sysctl.Check(name, sysctl.Host{Net: v.HostNet, IPC: sc.Service.IPC == "host"}); err != nil {
			return nil, err
		}
	}
	switch {
	case sc.Service.UTS != "":
		s.Hostname, s.Domainname = "", "" // those of the namespace
	case v.HostNet:
		s.Hostname = sc.Service.Hostname
	}
	if !sc.Service.Privileged && !hasOption(&sc.Service, "systempaths=unconfined") {
		s.Linux.MaskedPaths = slices.Concat(sandbox.MaskedPaths, sandbox.ThermalPaths())
		s.Linux.ReadonlyPaths = sandbox.ReadonlyPaths
	}
	return s, nil
}

// Process is the service's main process, but for its user.
func (v *View) Process(sc *kernel.Container) (*specs.Process, error) {
	svc := &sc.Service
	caps, err := capabilities(svc)
	if err != nil {
		return nil, err
	}
	args := slices.Concat(svc.Entrypoint, svc.Command)
	if len(args) == 0 {
		return nil, fmt.Errorf("no command: set command or entrypoint")
	}
	limits, err := bounds.Limits(svc, v.Notice)
	if err != nil {
		return nil, err
	}
	score, err := bounds.OOMScore(svc, v.Notice)
	if err != nil {
		return nil, err
	}
	return &specs.Process{
		Args: args, Env: v.environment(sc), Cwd: v.workingDir(sc),
		Terminal: svc.TTY, NoNewPrivileges: hasOption(svc, "no-new-privileges=true"),
		Rlimits: limits, OOMScoreAdj: score, ExecCPUAffinity: v.CPUs,
		Capabilities: &specs.LinuxCapabilities{Bounding: caps, Permitted: caps, Effective: caps},
	}, nil
}
