package dockerfile

import (
	"cmp"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"

	"github.com/mocker-compose/mocker-compose/internal/build"
)

// mounts are those of a RUN.
func (w *walk) mounts(c command, ic *instructions.RunCommand) (list []build.Mount, err error) {
	agents := 0
	for i, m := range instructions.GetMounts(ic) {
		out := build.Mount{Type: string(m.Type), ReadOnly: m.ReadOnly, ID: m.CacheID, Required: m.Required}
		if err := owner(&out, m); err != nil {
			return nil, err
		}
		switch m.Type {
		case instructions.MountTypeSecret:
			err = secret(&out, m)
		case instructions.MountTypeSSH:
			err = agent(&out, m, agents)
			agents++
		default:
			err = w.tree(&out, m, c.from[i])
		}
		if err != nil {
			return nil, err
		}
		if strings.ContainsRune(out.Target+out.Source+out.ID+out.Env, 0) {
			return nil, errors.New("a mount holds a zero byte")
		}
		list = append(list, out)
	}
	return list, nil
}

// tree is a mount of files: bind, cache or tmpfs.
func (w *walk) tree(out *build.Mount, m *instructions.Mount, from use) error {
	out.Target = w.below(m.Target)
	if out.Target == "/" {
		return fmt.Errorf("invalid mount target %q", m.Target)
	}
	if m.Type == instructions.MountTypeTmpfs {
		out.Size = m.SizeLimit
		return nil
	}
	out.Source = strings.TrimPrefix(path.Join("/", m.Source), "/")
	if m.Type == instructions.MountTypeCache {
		out.ID = cmp.Or(m.CacheID, path.Clean(m.Target))
		out.Sharing = cmp.Or(string(m.CacheSharing), string(instructions.MountSharingShared))
		if m.From == "" {
			return nil
		}
	}
	src, err := w.sourceOf(from)
	if err != nil {
		return fmt.Errorf("cannot mount from stage %q to %q, stage needs to be defined before current command", m.From, m.Target)
	}
	out.From = &src
	return nil
}

// secret: where none is said, it is a file in /run/secrets, unless it is a variable.
func secret(out *build.Mount, m *instructions.Mount) error {
	out.ID = cmp.Or(m.Source, m.CacheID)
	if out.ID == "" {
		if m.Target == "" {
			return errors.New("one of source, target required")
		}
		out.ID = path.Base(m.Target)
	}
	if m.Env != nil {
		out.Env = cmp.Or(*m.Env, out.ID)
		if out.Env == "" || strings.ContainsRune(out.Env, '=') {
			return fmt.Errorf("%q is no name of a variable", out.Env)
		}
	}
	switch {
	case m.Target != "":
		out.Target = path.Join("/", m.Target)
	case m.Env == nil:
		out.Target = "/run/secrets/" + path.Base(out.ID)
	}
	return nil
}

// agent is the socket of an SSH agent.
func agent(out *build.Mount, m *instructions.Mount, n int) error {
	if m.Source != "" {
		return errors.New("ssh does not support source")
	}
	out.ID = cmp.Or(m.CacheID, "default")
	out.Target = fmt.Sprintf("/run/buildkit/ssh_agent.%d", n)
	if m.Target != "" {
		out.Target = path.Join("/", m.Target)
	}
	return nil
}

// withAgent tells programs where the first agent is.
func withAgent(env []string, mounts []build.Mount) []string {
	for _, m := range mounts {
		if m.Type != build.MountSSH {
			continue
		}
		if slices.ContainsFunc(env, func(kv string) bool { return strings.HasPrefix(kv, "SSH_AUTH_SOCK=") }) {
			return env
		}
		return append(slices.Clone(env), "SSH_AUTH_SOCK="+m.Target)
	}
	return env
}

func owner(out *build.Mount, m *instructions.Mount) error {
	const most = 1<<32 - 2 // 2^32-1 is "none" for the kernel
	for _, id := range []*uint64{m.UID, m.GID} {
		if id != nil && *id > most {
			return fmt.Errorf("%d is no user or group: %d is the last", *id, uint64(most))
		}
	}
	if m.Mode != nil {
		if *m.Mode > 0o7777 {
			return fmt.Errorf("mode %o: it is between 0 and 7777", *m.Mode)
		}
		mode := uint32(*m.Mode)
		out.Mode = &mode
	}
	out.UID, out.GID = number(m.UID), number(m.GID)
	return nil
}

func number(n *uint64) *int {
	if n == nil {
		return nil
	}
	i := int(*n)
	return &i
}

var errLater = errors.New("it is defined later")

// sourceOf is where an instruction's files come from.
func (w *walk) sourceOf(u use) (build.Source, error) {
	switch {
	case u.stage != nil && !u.stage.done:
		return build.Source{}, errLater
	case u.stage != nil:
		at := u.stage.at
		return build.Source{Stage: &at}, nil
	case u.source == nil:
		return build.Source{}, nil
	}
	return build.Source{Image: u.source.image, Context: u.source.context, Scratch: u.source.scratch}, nil
}
