package loader

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"syscall"

	"github.com/compose-spec/compose-go/v2/types"

	"github.com/mocker-compose/mocker-compose/internal/capability"
	"github.com/mocker-compose/mocker-compose/internal/sysctl"
	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/project/loader/builds"
	"github.com/mocker-compose/mocker-compose/supervisor/policy"
)

// maxName is the longest host or domain name that the kernel takes (uname(2)).
const maxName = 64

// process converts and checks what the process itself is: names, limits, rights.
func (l *load) process(s types.ServiceConfig, out *project.Service) error {
	out.Umask, out.Annotations = s.Umask, s.Annotations
	key := func(name string) []string { return []string{"services", s.Name, name} }
	if s.WorkingDir != "" && !path.IsAbs(s.WorkingDir) {
		return l.fault("write where it is inside: /srv/app", fmt.Sprintf("services.%s.working_dir: %q is not an absolute path", s.Name, s.WorkingDir), key("working_dir")...)
	}
	for name, value := range map[string]string{"hostname": s.Hostname, "domainname": s.DomainName} {
		if len(value) > maxName {
			return l.fault("", fmt.Sprintf("services.%s.%s: longer than %d bytes", s.Name, name, maxName), key(name)...)
		}
	}
	if s.Umask != nil && *s.Umask > 0o777 {
		return l.fault("write three octal digits: 0022", fmt.Sprintf("services.%s.umask: %o is more than 777", s.Name, *s.Umask), key("umask")...)
	}
	if s.ShmSize < 0 {
		return l.fault("write a size such as 64m, or remove the line", fmt.Sprintf("services.%s.shm_size: %d is negative", s.Name, s.ShmSize), key("shm_size")...)
	}
	if _, err := policy.ParseSignal(s.StopSignal, syscall.SIGTERM); err != nil {
		return l.fault("", fmt.Sprintf("services.%s.stop_signal: %v", s.Name, err), key("stop_signal")...)
	}
	out.OOMScoreAdj = int(s.OomScoreAdj)
	for _, step := range []func(types.ServiceConfig, *project.Service) error{l.capabilities, l.sysctls, l.ulimits} {
		if err := step(s, out); err != nil {
			return err
		}
	}
	return nil
}

// capabilities only looks: the sandbox makes the set.
func (l *load) capabilities(s types.ServiceConfig, _ *project.Service) error {
	for key, list := range map[string][]string{"cap_add": s.CapAdd, "cap_drop": s.CapDrop} {
		for _, c := range list {
			if _, err := capability.Apply([]string{c}, nil); err != nil {
				return l.fault("capabilities(7) lists them; ALL stands for all", fmt.Sprintf("services.%s.%s: unknown capability %q", s.Name, key, c), "services", s.Name, key, c)
			}
		}
	}
	return nil
}

func (l *load) sysctls(s types.ServiceConfig, _ *project.Service) error {
	host := sysctl.Host{Net: s.NetworkMode == "host", IPC: s.Ipc == "host"}
	for _, name := range slices.Sorted(maps.Keys(s.Sysctls)) {
		if err := sysctl.Check(name, host); err != nil && !l.o.Tolerant {
			return l.fault("", fmt.Sprintf("services.%s.sysctls: %v", s.Name, err), "services", s.Name, "sysctls", name)
		}
	}
	return nil
}

// ulimits converts limits.
func (l *load) ulimits(s types.ServiceConfig, out *project.Service) (err error) {
	out.Ulimits, err = builds.Limits(keySource{l}, s.Ulimits, "services", s.Name, "ulimits")
	return err
}
