package loader

import (
	"fmt"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"

	"github.com/mocker-compose/mocker-compose/project"
)

// cgroupParent makes the name of a directory inside of the project's cgroups of what
// is, for docker, a path in the machine's or the name of a slice.
func (l *load) cgroupParent(s types.ServiceConfig, out *project.Service) error {
	if s.CgroupParent == "" {
		return nil
	}
	name := strings.ReplaceAll(strings.Trim(s.CgroupParent, "/"), "/", "-")
	plain := strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-") == ""
	i := strings.LastIndexByte(name, '.')
	number := i >= 0 && strings.Trim(name[i+1:], "0123456789") == "" // as a container's own
	if !plain || name == "" || len(name) > 200 || name[0] == '.' || name == "holder" || number {
		return l.fault("write a name: batch, or batch.slice", fmt.Sprintf("services.%s.cgroup_parent: %q is no name for a cgroup", s.Name, s.CgroupParent),
			"services", s.Name, "cgroup_parent")
	}
	out.CgroupParent = name
	return nil
}
