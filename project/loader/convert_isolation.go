package loader

import (
	"fmt"
	"sort"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"

	"github.com/mocker-compose/mocker-compose/project"
)

// isolation looks into values of which only some are honoured.
func (l *load) isolation(s types.ServiceConfig, out *project.Service) error {
	at := []string{"services", s.Name, "security_opt"}
	out.SecurityOpt = nil
	for _, o := range s.SecurityOpt {
		name, value, _ := strings.Cut(strings.Replace(o, ":", "=", 1), "=")
		switch {
		case name == "no-new-privileges" && (value == "" || value == "true"),
			name == "seccomp" && value == "unconfined":
			out.SecurityOpt = append(out.SecurityOpt, name+"="+value)
		case name == "no-new-privileges" && value == "false", name == "seccomp" && (value == "builtin" || value == "default"):
		case name == "seccomp" && !l.o.Tolerant:
			return l.fault("leave it out for the default profile, or write seccomp=unconfined for none",
				fmt.Sprintf("services.%s.security_opt: a profile of one's own (%s) cannot be loaded yet", s.Name, value), at...)
		case name == "apparmor", name == "label", name == "systempaths", name == "seccomp":
			l.notices = append(l.notices, project.Notice{Fate: project.Ignored, Key: strings.Join(at, "."),
				Reason: o + " needs an administrator: the container keeps its default confinement", Source: l.position(at...)})
		default:
			return l.fault("known are no-new-privileges, seccomp=unconfined, apparmor=… and label=…",
				fmt.Sprintf("services.%s.security_opt: unknown option %q", s.Name, o), at...)
		}
	}
	return l.extraHosts(s, out)
}

// extraHosts refuses the one name for an address that does not exist here.
func (l *load) extraHosts(s types.ServiceConfig, out *project.Service) error {
	at := []string{"services", s.Name, "extra_hosts"}
	out.ExtraHosts = nil
	for _, h := range s.ExtraHosts.AsList("=") {
		if _, address, _ := strings.Cut(h, "="); address != "host-gateway" {
			out.ExtraHosts = append(out.ExtraHosts, h)
			continue
		}
		l.notices = append(l.notices, project.Notice{Fate: project.Ignored, Key: strings.Join(at, "."),
			Reason: h + " is left out: the host cannot be reached from a service yet", Source: l.position(at...)})
	}
	sort.Strings(out.ExtraHosts)
	return nil
}
