package ocispec

import (
	"slices"
	"strings"

	"github.com/mocker-compose/mocker-compose/internal/host/notify"
	"github.com/mocker-compose/mocker-compose/rootless/sandbox"
	"github.com/mocker-compose/mocker-compose/supervisor/kernel"
)

// environment is what docker sets, under what the file sets.
func (v *View) environment(sc *kernel.Container) []string {
	env := []string{"PATH=" + sandbox.DefaultPath, "HOSTNAME=" + v.Hostname}
	if sc.Service.TTY {
		env = append(env, "TERM=xterm")
	}
	env = MergeEnv(env, sc.Service.Environment)
	if sc.Service.Ready != nil && sc.Service.Ready.Notify {
		env = MergeEnv(env, []string{"NOTIFY_SOCKET=" + notify.Inside})
	}
	return env
}

// MergeEnv appends over to base; a later entry of a name wins.
func MergeEnv(base, over []string) []string {
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
func (v *View) workingDir(sc *kernel.Container) string {
	switch {
	case sc.Service.WorkingDir != "":
		return sc.Service.WorkingDir
	case v.HostRoot:
		return sc.Dir
	}
	return "/"
}
