package hooks

import (
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/compose-spec/compose-go/v2/types"

	"github.com/mocker-compose/mocker-compose/project"
)

// Convert reads all of it into out.
func Convert(src Source, s types.ServiceConfig, out *project.Service) (err error) {
	if out.PostStart, err = commands(src, s.Name, "post_start", s.PostStart); err != nil {
		return err
	}
	if out.PreStop, err = commands(src, s.Name, "pre_stop", s.PreStop); err != nil {
		return err
	}
	if s.Deploy == nil {
		return nil
	}
	if s.Deploy.RestartPolicy != nil {
		if err := restart(src, s, out); err != nil {
			return err
		}
	}
	return replacements(src, s, out)
}

// commands reads a list of hooks.
func commands(src Source, service, key string, list []types.ServiceHook) (out []project.Hook, err error) {
	for i, h := range list {
		if len(h.Command) == 0 {
			return nil, src.Fault(`write command: ["PROGRAM", "ARGUMENT"], or command: sh -c "…"`,
				fmt.Sprintf("services.%s.%s.%d: command is empty", service, key, i), "services", service, key, strconv.Itoa(i))
		}
		out = append(out, project.Hook{Command: h.Command, User: h.User, WorkingDir: h.WorkingDir, Privileged: h.Privileged, Environment: Environment(src, h.Environment)})
	}
	return out, nil
}

// Environment is the environment of a command: a variable without a value has that of
// the project's environment, or is left to the container's.
func Environment(src Source, env types.MappingWithEquals) (out []string) {
	for _, name := range slices.Sorted(maps.Keys(env)) {
		value := env[name]
		if value == nil {
			v, ok := src.Variable(name)
			if !ok {
				continue
			}
			value = &v
		}
		out = append(out, name+"="+*value)
	}
	return out
}
