package inside

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/capability"
	"github.com/mocker-compose/mocker-compose/internal/cause"
	"github.com/mocker-compose/mocker-compose/internal/ulimit"
	"github.com/mocker-compose/mocker-compose/internal/userspec"
	"github.com/mocker-compose/mocker-compose/rootless/sandbox"
)

// makeSpec says in the terms of the runtime spec what the program's sandbox is, but
// for its user and the mounts of the step.
func (r *running) makeSpec() error {
	run := r.job.Run
	if len(run.Args) == 0 {
		return fmt.Errorf("RUN: no command")
	}
	caps, err := capability.Apply(nil, nil)
	if r.insecure {
		caps, err = capability.All(), nil
	}
	if err != nil {
		return err
	}
	limits, err := r.limits()
	if err != nil {
		return err
	}
	dir := run.Dir
	if dir == "" {
		dir = "/"
	}
	r.spec = &specs.Spec{
		Version: specs.Version, Hostname: hostname, Root: &specs.Root{},
		Process: &specs.Process{
			Args: run.Args, Cwd: dir, Rlimits: limits,
			Env:          mergeEnv([]string{"PATH=" + sandbox.DefaultPath}, run.Env, run.Proxy),
			Capabilities: &specs.LinuxCapabilities{Bounding: caps, Permitted: caps, Effective: caps},
		},
		Linux: &specs.Linux{},
	}
	if !r.insecure {
		r.spec.Linux.MaskedPaths = slices.Concat(sandbox.MaskedPaths, sandbox.ThermalPaths())
		r.spec.Linux.ReadonlyPaths = sandbox.ReadonlyPaths
	}
	return r.etc()
}

// etc mounts our files below /etc. They are in no layer: nothing can be written to them.
func (r *running) etc() error {
	for name, text := range map[string]string{"hosts": r.p.net.hostsFile(r.at, &r.job.Machine), "resolv.conf": resolvConf(r.at)} {
		in, err := r.files.write(name, []byte(text), owner{mode: 0o644})
		if err != nil {
			return err
		}
		r.spec.Mounts = append(r.spec.Mounts, specs.Mount{
			Type: "bind", Source: in, Destination: "/etc/" + name, Options: []string{"bind", "ro", "noexec", "nosuid", "nodev"},
		})
	}
	return nil
}

// mergeEnv joins environments; of two entries of a name the later one wins.
func mergeEnv(lists ...[]string) (out []string) {
	for _, kv := range slices.Concat(lists...) {
		name, _, _ := strings.Cut(kv, "=")
		out = slices.DeleteFunc(out, func(have string) bool { return strings.HasPrefix(have, name+"=") })
		out = append(out, kv)
	}
	return out
}

// setUser finds the user by the files of the root, and HOME.
func (r *running) setUser() error {
	u, err := userspec.InRoot(r.root, r.job.Run.User, nil)
	if err != nil {
		return err
	}
	if r.p.singleID && (u.UID != 0 || u.GID != 0) {
		return &cause.Error{Doing: "user " + r.job.Run.User, Err: fmt.Errorf("id %d:%d does not exist here, only 0:0 (you) does", u.UID, u.GID), Cause: cause.NoIDs(cause.Here())}
	}
	p := r.spec.Process
	p.User = specs.User{UID: u.UID, GID: u.GID, AdditionalGids: u.Groups}
	p.Env = mergeEnv([]string{"HOME=" + u.Home}, p.Env)
	return nil
}

// limits are the resource limits: what of the wish can be had. The holder has the same
// hard limits as we.
func (r *running) limits() (list []specs.POSIXRlimit, err error) {
	for _, name := range slices.Sorted(maps.Keys(r.job.Machine.Ulimits)) {
		l := r.job.Machine.Ulimits[name]
		resource, ok := ulimit.Resource(name)
		if !ok {
			return nil, fmt.Errorf("unknown ulimit %q", name)
		}
		var most unix.Rlimit
		if err := unix.Getrlimit(resource, &most); err != nil {
			return nil, fmt.Errorf("ulimit %s: %w", name, err)
		}
		want := ulimit.Of(l.Soft, l.Hard)
		got := want.Within(most.Max)
		if got != want {
			r.p.notice(fmt.Sprintf("build: ulimit %s of %v is above what you may set, it is %v: %s", name, want, got, cause.Ulimit(cause.Here(), name, want.String())))
		}
		list = append(list, specs.POSIXRlimit{Type: "RLIMIT_" + strings.ToUpper(name), Soft: got.Soft, Hard: got.Hard})
	}
	return list, nil
}
