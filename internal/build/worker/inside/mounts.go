package inside

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/mocker-compose/mocker-compose/internal/build"
	"github.com/mocker-compose/mocker-compose/internal/safepath"
	"github.com/mocker-compose/mocker-compose/rootless/sandbox"
)

// addMounts opens the sources of RUN --mount, and of here-documents.
func (r *running) addMounts(ctx context.Context) error {
	if err := r.takeCaches(ctx); err != nil {
		return err
	}
	for i := range r.job.Run.Mounts {
		m := &r.job.Run.Mounts[i]
		if err := r.addMount(ctx, i, m); err != nil {
			return fmt.Errorf("mount %s %s: %w", m.Type, cmp.Or(m.Target, m.Env), err)
		}
	}
	return r.documents()
}

func (r *running) addMount(ctx context.Context, i int, m *build.Mount) error {
	switch m.Type {
	case build.MountBind:
		return r.bind(ctx, i, m)
	case build.MountCache:
		return r.cache(i, m)
	case build.MountTmpfs:
		return r.tmpfs(m)
	case build.MountSecret:
		return r.secret(i, m)
	case build.MountSSH:
		return r.agent(i, m)
	}
	return fmt.Errorf("type %q is not known", m.Type)
}

// mountAt adds a mount of the spec.
func (r *running) mountAt(target, source string, options ...string) {
	r.spec.Mounts = append(r.spec.Mounts, specs.Mount{
		Type: "bind", Source: source, Destination: target, Options: append([]string{"bind", "nosuid", "nodev"}, options...),
	})
}

// bind shows files of a stage, an image or a context. What is written there is seen by
// this step only.
func (r *running) bind(ctx context.Context, i int, m *build.Mount) error {
	tree, err := r.sourceTree(ctx, i, m.ReadOnly)
	if err != nil {
		return err
	}
	r.back.Add("source of "+m.Target, tree.Close)
	source := sandbox.Source{Tree: tree, Subpath: strings.Trim(path.Clean("/"+m.Source), "/")}
	if source.Subpath != "" {
		f, err := safepath.OpenInRoot(tree, source.Subpath, os.O_RDONLY|oPath)
		if err != nil {
			return fmt.Errorf("source %s: %w", m.Source, err)
		}
		f.Close()
	}
	r.sources[m.Target] = source
	options := []string{}
	if m.ReadOnly {
		options = append(options, "ro")
	}
	r.mountAt(m.Target, "the source", options...)
	return nil
}

// sourceTree is what a mount's files are in, as a mount that is mounted nowhere.
func (r *running) sourceTree(ctx context.Context, i int, readOnly bool) (*os.File, error) {
	shown := &r.job.Mounts[i]
	if r.dirs[i] != nil {
		return r.contextTree(ctx, r.dirs[i], shown.Hide, readOnly)
	}
	lower, err := r.p.visible(shown.Lower)
	if err != nil {
		return nil, err
	}
	return r.overlayOf(ctx, lower, readOnly)
}

// overlayOf shows directories; what is written goes into a directory that is thrown away.
func (r *running) overlayOf(ctx context.Context, lower []string, readOnly bool) (*os.File, error) {
	if readOnly && r.insecure && len(lower) == 1 {
		// With all capabilities a program can take "read-only" off a bind mount, and would
		// write into the user's files, or into a layer. An overlay has nothing to write to.
		none, err := r.directory(0o700)
		if err != nil {
			return nil, err
		}
		lower = []string{lower[0], none} // the first one's owner and mode are seen
	}
	upper := ""
	if !readOnly {
		var err error
		if upper, err = r.directory(0o755); err != nil {
			return nil, err
		}
		if err := likeDirectory(lower[0], upper); err != nil {
			return nil, err
		}
	}
	return r.mount(ctx, lower, upper)
}

// tmpfs is an empty directory in memory.
func (r *running) tmpfs(m *build.Mount) error {
	out := specs.Mount{Type: "tmpfs", Destination: m.Target, Options: []string{"mode=1777"}}
	if m.Size > 0 {
		out.Options = append(out.Options, fmt.Sprintf("size=%d", m.Size))
	}
	r.spec.Mounts = append(r.spec.Mounts, out)
	return nil
}

// secret is a file, or a variable, or both.
func (r *running) secret(i int, m *build.Mount) error {
	if r.job.Mounts[i].Absent {
		if m.Required {
			return fmt.Errorf("secret %s: not found", m.ID)
		}
		return nil
	}
	if m.Env != "" {
		r.spec.Process.Env = mergeEnv(r.spec.Process.Env, []string{m.Env + "=" + string(r.secrets[i])})
	}
	if m.Target == "" {
		return nil
	}
	in, err := r.files.write(fmt.Sprintf("secret%d", i), r.secrets[i], r.owner(m, 0o400))
	if err != nil {
		return err
	}
	r.mountAt(m.Target, in, "ro", "noexec")
	return nil
}

// owner is who a file of a mount belongs to; with one id only, to that.
func (r *running) owner(m *build.Mount, mode os.FileMode) owner {
	o := owner{mode: mode}
	if m.Mode != nil {
		o.mode = fileMode(*m.Mode)
	}
	if r.p.singleID {
		return o
	}
	if m.UID != nil {
		o.uid = *m.UID
	}
	if m.GID != nil {
		o.gid = *m.GID
	}
	return o
}

// fileMode is a mode as chmod(2) has it in Go's terms.
func fileMode(mode uint32) os.FileMode {
	out := os.FileMode(mode & 0o777)
	for bit, flag := range map[uint32]os.FileMode{0o4000: os.ModeSetuid, 0o2000: os.ModeSetgid, 0o1000: os.ModeSticky} {
		if mode&bit != 0 {
			out |= flag
		}
	}
	return out
}

// documents are the here-documents, each a file in /dev/pipes.
func (r *running) documents() error {
	if len(r.job.Run.Files) == 0 {
		return nil
	}
	const dir = "pipes"
	if err := os.Mkdir(r.files.here(dir), 0o755); err != nil {
		return err
	}
	for _, f := range r.job.Run.Files {
		if f.Name != path.Base(f.Name) || f.Name == ".." || f.Name == "." {
			return fmt.Errorf("here-document %q: not the name of a file", f.Name)
		}
		if _, err := r.files.write(dir+"/"+f.Name, []byte(f.Data), owner{mode: fileMode(cmp.Or(f.Mode, 0o644))}); err != nil {
			return err
		}
	}
	r.mountAt("/dev/pipes", path.Join(r.files.in, dir))
	r.sources["/dev/pipes"] = sandbox.Source{Here: r.files.here(dir)}
	return nil
}
