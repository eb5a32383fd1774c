package loader

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"syscall"

	"github.com/compose-spec/compose-go/v2/types"

	"github.com/mocker-compose/mocker-compose/internal/capability"
	"github.com/mocker-compose/mocker-compose/internal/sysctl"
	"github.com/mocker-compose/mocker-compose/internal/ulimit"
	"github.com/mocker-compose/mocker-compose/project"
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

// ulimits converts limits. In the long form what is missing is 0, as in docker
// compose.
func (l *load) ulimits(s types.ServiceConfig, out *project.Service) error {
	for _, name := range slices.Sorted(maps.Keys(s.Ulimits)) {
		u := s.Ulimits[name]
		at := []string{"services", s.Name, "ulimits", name}
		if _, ok := ulimit.Resource(name); !ok {
			return l.fault("known are "+strings.Join(ulimit.Names(), ", "), fmt.Sprintf("services.%s.ulimits: unknown limit %q", s.Name, name), at...)
		}
		limit := project.Ulimit{Name: name}
		if u != nil {
			limit.Soft, limit.Hard = int64(u.Soft), int64(u.Hard)
			if u.Soft == 0 && u.Hard == 0 {
				limit.Soft, limit.Hard = int64(u.Single), int64(u.Single)
			}
		}
		if limit.Soft < -1 || limit.Hard < -1 {
			return l.fault("write a number, or -1 for none", fmt.Sprintf("services.%s.ulimits.%s: negative", s.Name, name), at...)
		}
		if of := ulimit.Of(limit.Soft, limit.Hard); of.Soft > of.Hard {
			return l.fault("write a soft limit that is at most the hard one", fmt.Sprintf("services.%s.ulimits.%s: the soft limit is above the hard limit: %v", s.Name, name, of), at...)
		}
		out.Ulimits = append(out.Ulimits, limit)
	}
	return nil
}
