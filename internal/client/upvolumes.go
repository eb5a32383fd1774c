package client

import (
	"bufio"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/mocker-compose/mocker-compose/internal/client/tty"
	"github.com/mocker-compose/mocker-compose/internal/volumes"
	"github.com/mocker-compose/mocker-compose/project"
)

// VolumeChange is a volume that exists with other options than the file has. It can be
// had with those only by making it anew, without what is in it.
type VolumeChange struct {
	Name, Key string
	Changes   []string // a line each
	// Taken says who else has it: then it stays, whatever is answered.
	Taken string
}

// changedVolumes are those of the named services.
func (e *Env) changedVolumes(p *project.Project, services []string) (list []VolumeChange, err error) {
	used := map[string]bool{}
	for _, name := range services {
		if s, ok := p.Service(name); ok {
			for _, m := range s.Mounts {
				used[m.Source] = used[m.Source] || m.Type == project.MountVolume
			}
		}
	}
	store := volumes.Open(e.Dirs)
	var users map[string][]volumes.User
	for _, v := range p.Volumes {
		if v.External || !used[v.Key] {
			continue
		}
		have, err := store.Get(v.Name)
		if err != nil || have.Unrecorded || have.Project != p.Name || maps.Equal(have.Options, v.Options) {
			continue
		}
		if users == nil {
			if users, err = store.Users(); err != nil {
				return nil, err
			}
		}
		c := VolumeChange{Name: v.Name, Key: v.Key, Changes: optionChanges(have.Options, v.Options)}
		for _, u := range users[v.Name] {
			if u.Project != p.Name {
				c.Taken = u.Container + " of project " + u.Project
			}
		}
		list = append(list, c)
	}
	return list, nil
}

// optionChanges says how driver_opts differ, a line each.
func optionChanges(was, is map[string]string) (lines []string) {
	keys := slices.Collect(maps.Keys(was))
	for k := range is {
		if _, ok := was[k]; !ok {
			keys = append(keys, k)
		}
	}
	slices.Sort(keys)
	word := func(m map[string]string, k string) string {
		if v, ok := m[k]; ok {
			return v
		}
		return "(none)"
	}
	for _, k := range keys {
		if was[k] != is[k] {
			lines = append(lines, fmt.Sprintf("driver_opts.%s: %s -> %s", k, word(was, k), word(is, k)))
		}
	}
	return lines
}

// discard asks which of the changed volumes may be made anew, as docker compose does:
// yes to all with --yes, and no without a terminal. Nothing is lost without an answer.
func (e *Env) discard(p *project.Project, services []string, yes bool) (names []string, err error) {
	list, err := e.changedVolumes(p, services)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	var in *bufio.Reader
	for _, v := range list {
		why := fmt.Sprintf("volume %q stays as it was made, although the file has changed it (%s)", v.Name, strings.Join(v.Changes, "; "))
		switch {
		case v.Taken != "":
			e.Warn(why + ": it is in use by " + v.Taken)
		case yes:
			names = append(names, v.Name)
		case e.Global.DryRun || !tty.Is(e.Stdin):
			e.Warn(why + ": to make it anew, without what is in it: mocker-compose up --yes")
		default:
			e.Settle()
			fmt.Fprintf(e.Stderr, "Volume %q exists but doesn't match configuration in compose file (%s). Recreate (data will be lost)? [y/N] ", v.Name, strings.Join(v.Changes, "; "))
			if in == nil {
				in = bufio.NewReader(e.Stdin)
			}
			line, _ := in.ReadString('\n')
			if a := strings.ToLower(strings.TrimSpace(line)); a == "y" || a == "yes" {
				names = append(names, v.Name)
			}
		}
	}
	return names, nil
}
