package watches

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"
	"github.com/moby/patternmatcher"

	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/project/loader/suggest"
)

// reader reads the rules of one service.
type reader struct {
	src     Source
	service types.ServiceConfig
	places  []project.Position
}

// Convert reads the rules of a service, nil if it has none.
func Convert(src Source, s types.ServiceConfig) (list []project.Watch, err error) {
	if s.Develop == nil {
		return nil, nil
	}
	r := &reader{src: src, service: s}
	r.places = src.Items(len(s.Develop.Watch), r.key()...)
	for i := range s.Develop.Watch {
		w, err := r.rule(i)
		if err != nil {
			return nil, err
		}
		list = append(list, w)
	}
	return list, nil
}

func (r *reader) key(more ...string) []string {
	return append([]string{"services", r.service.Name, "develop", "watch"}, more...)
}

// fault is an error at rule i.
func (r *reader) fault(i int, hint, message string) error {
	message = fmt.Sprintf("services.%s.develop.watch.%d: %s", r.service.Name, i, message)
	if i < len(r.places) && r.places[i].Line > 0 {
		return r.src.FaultAt(r.places[i], hint, message)
	}
	return r.src.Fault(hint, message, r.key()...)
}

func (r *reader) rule(i int) (project.Watch, error) {
	t := &r.service.Develop.Watch[i]
	out := project.Watch{
		Path: t.Path, Action: project.WatchAction(t.Action), Include: t.Include, Ignore: t.Ignore, InitialSync: t.InitialSync,
	}
	if i < len(r.places) {
		out.Source = r.places[i]
	}
	if err := r.action(i, out.Action); err != nil {
		return out, err
	}
	if t.Path == "" {
		return out, r.fault(i, "write path: DIRECTORY, or the path of a file", "path is missing")
	}
	if err := r.target(i, t, &out); err != nil {
		return out, err
	}
	if err := r.exec(i, t, &out); err != nil {
		return out, err
	}
	for key, patterns := range map[string][]string{"include": t.Include, "ignore": t.Ignore} {
		if _, err := patternmatcher.New(patterns); err != nil {
			return out, r.fault(i, "patterns are those of .dockerignore", fmt.Sprintf("%s: %v: %q", key, err, patterns))
		}
	}
	return out, nil
}

func (r *reader) action(i int, a project.WatchAction) error {
	switch {
	case a == "":
		return r.fault(i, "write action: sync, rebuild, restart, sync+restart or sync+exec", "action is missing")
	case !slices.Contains(project.WatchActions, a):
		var names []string
		for _, known := range project.WatchActions {
			names = append(names, string(known))
		}
		return r.fault(i, suggest.Key(string(a), names), fmt.Sprintf("unknown action %q", a))
	case a == project.WatchRebuild && r.service.Build == nil:
		return r.fault(i, "add a build section, or write action: restart", "rebuild needs a build section, which the service does not have")
	}
	return nil
}

// target checks where files go.
func (r *reader) target(i int, t *types.Trigger, out *project.Watch) error {
	switch {
	case !out.Action.Syncs():
		if t.Target != "" {
			r.ignored(i, "target", "nothing is copied with action: "+string(out.Action))
		}
		if t.InitialSync {
			r.ignored(i, "initial_sync", "nothing is copied with action: "+string(out.Action))
			out.InitialSync = false
		}
		return nil
	case t.Target == "":
		return r.fault(i, "write target: PATH, where the files go in the container", fmt.Sprintf("target is missing, which action: %s needs", out.Action))
	case !strings.HasPrefix(t.Target, "/"):
		return r.fault(i, "write an absolute path", fmt.Sprintf("target %q is not an absolute path", t.Target))
	case path.Clean(t.Target) == "/" && t.Target != "/":
		return r.fault(i, "write target: /", fmt.Sprintf("target %q is /", t.Target))
	}
	out.Target = t.Target
	return nil
}

// exec takes the command of sync+exec over.
func (r *reader) exec(i int, t *types.Trigger, out *project.Watch) error {
	if out.Action != project.WatchSyncExec {
		if len(t.Exec.Command) > 0 {
			r.ignored(i, "exec", "it is for action: sync+exec only")
		}
		return nil
	}
	if len(t.Exec.Command) == 0 {
		return r.fault(i, "write exec: {command: COMMAND}", "sync+exec needs a command to execute")
	}
	h := &project.Hook{Command: t.Exec.Command, User: t.Exec.User, WorkingDir: t.Exec.WorkingDir, Privileged: t.Exec.Privileged}
	for name, value := range t.Exec.Environment {
		if value != nil {
			h.Environment = append(h.Environment, name+"="+*value)
		}
	}
	slices.Sort(h.Environment)
	out.Exec = h
	return nil
}

func (r *reader) ignored(i int, key, reason string) {
	r.src.Notice(project.Ignored, reason, r.key(strconv.Itoa(i), key)...)
}
