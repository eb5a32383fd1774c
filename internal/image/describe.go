package image

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"path"
	"runtime"
	"slices"
	"strings"

	"github.com/mocker-compose/mocker-compose/internal/binfmt"
	"github.com/mocker-compose/mocker-compose/internal/image/config"
)

// Limits on parts of a configuration. The kernel takes 2 MiB of arguments and
// environment (execve(2)), so that nobody can use more.
const (
	maxStrings = 16_384
	maxPorts   = 1024
	maxVolumes = 256
)

// Describe takes from a configuration (OCI image spec, config.md) what containers
// need, and its id. What cannot be used is left out and told. Names, digests,
// layers and size are left to the caller.
func Describe(raw []byte) (*Image, []string, error) {
	if bytes.Contains(raw, []byte(`\u0000`)) {
		return nil, nil, errors.New("its configuration holds a zero byte, which no argument, variable or path can have")
	}
	var c config.File
	if err := json.Unmarshal(raw, &c); err != nil {
		return nil, nil, fmt.Errorf("configuration: %w", err)
	}
	if c.OS != "linux" && c.OS != "" {
		return nil, nil, fmt.Errorf("it is for %q, only linux images can run here", c.OS)
	}
	d := &description{}
	img := &Image{
		ID: digestOf(raw), OS: "linux", Architecture: c.Architecture, Variant: c.Variant, Author: c.Author, Created: c.Created.UTC(),
		Config: Config{
			User: c.Config.User, Env: d.environment(c.Config.Env), Entrypoint: c.Config.Entrypoint, Cmd: c.Config.Cmd,
			ExposedPorts: d.ports(c.Config.ExposedPorts), Volumes: d.volumes(c.Config.Volumes),
			WorkingDir: absolute(c.Config.WorkingDir), Labels: c.Config.Labels, StopSignal: c.Config.StopSignal,
			Shell: c.Config.Shell, OnBuild: c.Config.OnBuild, Healthcheck: healthcheck(c.Config.Healthcheck),
		},
	}
	for what, n := range map[string]int{
		"variables": len(c.Config.Env), "labels": len(c.Config.Labels), "arguments": len(c.Config.Entrypoint) + len(c.Config.Cmd),
	} {
		if n > maxStrings {
			return nil, nil, fmt.Errorf("it has %d %s, more than %d", n, what, maxStrings)
		}
	}
	if why := binfmt.Missing(binfmt.Dir, c.Architecture); why != "" {
		d.notice("the image is for linux/%s, this machine is linux/%s: its programs run only with an emulator: %s", c.Architecture, runtime.GOARCH, why)
	}
	return img, d.notices, nil
}

func healthcheck(h *config.Healthcheck) *Healthcheck {
	if h == nil {
		return nil
	}
	return &Healthcheck{
		Test: h.Test, Interval: max(h.Interval, 0), Timeout: max(h.Timeout, 0), StartPeriod: max(h.StartPeriod, 0),
		StartInterval: max(h.StartInterval, 0), Retries: max(h.Retries, 0),
	}
}

// description collects what is to be told.
type description struct{ notices []string }

func (d *description) notice(format string, args ...any) {
	d.notices = append(d.notices, fmt.Sprintf(format, args...))
}

func (d *description) environment(env []string) []string {
	out := slices.DeleteFunc(slices.Clone(env), func(kv string) bool { return strings.IndexByte(kv, '=') <= 0 })
	if n := len(env) - len(out); n > 0 {
		d.notice("%d entries of the image's environment are not NAME=VALUE and left out", n)
	}
	return out
}

// absolute makes a path one of the container: ".." leads nowhere.
func absolute(p string) string {
	if p == "" {
		return ""
	}
	return path.Clean("/" + p)
}

// volumes leaves out what no container can have a volume on.
func (d *description) volumes(set map[string]struct{}) (out []string) {
	for _, v := range slices.Sorted(maps.Keys(set)) {
		p := absolute(v)
		top, _, _ := strings.Cut(strings.TrimPrefix(p, "/"), "/")
		switch {
		case p == "" || p == "/" || p == "/dev" || top == "proc" || top == "sys":
			d.notice("the image's volume %q is left out: nothing can be mounted there", shorten(v))
		case len(out) == maxVolumes:
			d.notice("the image has more than %d volumes: the rest is left out", maxVolumes)
			return out
		default:
			out = append(out, p)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// ports takes "80", "80/tcp" and ranges.
func (d *description) ports(set map[string]struct{}) (out []string) {
	for _, p := range slices.Sorted(maps.Keys(set)) {
		first, last, protocol, err := config.Ports(p)
		if err != nil || len(out)+int(last-first) >= maxPorts {
			d.notice("the image's port %q is left out", shorten(p))
			continue
		}
		for n := int(first); n <= int(last); n++ {
			out = append(out, fmt.Sprintf("%d/%s", n, protocol))
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func shorten(s string) string {
	if len(s) > 100 {
		return s[:100] + "..."
	}
	return s
}
