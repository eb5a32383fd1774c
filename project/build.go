package project

import (
	"fmt"
	"math"
	"runtime"
	"slices"
	"strings"
	"time"
)

// Build says how a service's image is made (build.md of the compose specification).
// It is for whoever builds: the supervisor does not get it.
type Build struct {
	// Context is an absolute directory, or an address: of a git repository or a tar.
	Context string `json:"context"`
	// Dockerfile is below Context unless it is absolute; it is "" with Inline.
	Dockerfile string `json:"dockerfile,omitempty"`
	Inline     string `json:"inline,omitempty"` // the text of a Dockerfile
	// Contexts are further sources of files: an absolute directory, an address,
	// "docker-image://NAME", "oci-layout://DIR" or "service:NAME", by their names.
	Contexts map[string]string `json:"contexts,omitempty"`
	Target   string            `json:"target,omitempty"` // "" = the last stage
	Args     map[string]string `json:"args,omitempty"`
	Labels   map[string]string `json:"labels,omitempty"`
	Tags     []string          `json:"tags,omitempty"` // names beside the service's

	NoCache       bool     `json:"no_cache,omitempty"`
	NoCacheFilter []string `json:"no_cache_filter,omitempty"` // stages
	Pull          bool     `json:"pull,omitempty"`            // ask the registry for newer base images
	CacheFrom     []string `json:"cache_from,omitempty"`
	CacheTo       []string `json:"cache_to,omitempty"`
	Platforms     []string `json:"platforms,omitempty"` // as in the file
	Provenance    string   `json:"provenance,omitempty"`
	SBOM          string   `json:"sbom,omitempty"`

	Secrets []BuildSecret `json:"secrets,omitempty"`
	SSH     []SSHAgent    `json:"ssh,omitempty"` // sorted by id

	Network      string   `json:"network,omitempty"`     // "" = one of its own with a way out; "host", "none"
	ExtraHosts   []string `json:"extra_hosts,omitempty"` // NAME=ADDRESS, sorted
	ShmSize      int64    `json:"shm_size,omitempty"`    // bytes, 0 = 64 MiB
	Ulimits      []Ulimit `json:"ulimits,omitempty"`     // sorted by name
	Privileged   bool     `json:"privileged,omitempty"`
	Entitlements []string `json:"entitlements,omitempty"`

	// Named says that the file gives the image its name: only such an image is pulled or pushed.
	Named  bool     `json:"named,omitempty"`
	Source Position `json:"source"`
}

// BuildSecret is a secret that steps of a build may ask for.
type BuildSecret struct {
	ID     string `json:"id"`
	File   string `json:"file,omitempty"`   // absolute; "" = it is Value
	Env    string `json:"env,omitempty"`    // the variable that Value is of
	Value  string `json:"-"`                // never in a record
	Unset  bool   `json:"unset,omitempty"`  // there is no such variable
	Source string `json:"source,omitempty"` // its key in the compose file
}

// SSHAgent is an agent, or keys, that steps of a build may ask for.
type SSHAgent struct {
	ID   string `json:"id"`
	Path string `json:"path,omitempty"` // of a socket or a key, "" = $SSH_AUTH_SOCK
}

// The ways to get an image.
const (
	PullMissing = ""       // if the store does not have it
	PullAlways  = "always" // ask the registry each time
	PullNever   = "never"
	PullBuild   = "build" // build it each time
	PullRefresh = "every" // ask the registry if Every has passed since
)

// PullPolicy is when a service's image is got anew.
type PullPolicy struct {
	When  string        `json:"when,omitempty"`
	Every time.Duration `json:"every,omitempty"`
	// Given is what the file says: without it, an explicit pull is not held back.
	Given string `json:"given,omitempty"`
}

const day = 24 * time.Hour

// ParsePullPolicy reads pull_policy: always, never, missing, if_not_present, build,
// daily, weekly, every_DURATION, and refresh, which goes with pull_refresh_after.
func ParsePullPolicy(s, after string) (p PullPolicy, err error) {
	p.Given = s
	switch s {
	case "", "missing", "if_not_present":
	case PullAlways, PullNever, PullBuild:
		p.When = s
	case "daily":
		p.When, p.Every = PullRefresh, day
	case "weekly":
		p.When, p.Every = PullRefresh, 7*day
	case "refresh":
		p.When = PullRefresh
		if after != "" {
			p.Every, err = ParseLongDuration(after)
		}
	default:
		text, ok := strings.CutPrefix(s, "every_")
		if !ok {
			return p, fmt.Errorf("%q is none of always, missing, if_not_present, never, build, daily, weekly, every_DURATION and refresh", s)
		}
		p.When = PullRefresh
		p.Every, err = ParseLongDuration(text)
	}
	return p, err
}

// ParseLongDuration reads a duration that may have weeks and days: 1w2d3h.
func ParseLongDuration(s string) (time.Duration, error) {
	bad := fmt.Errorf("%q is no duration: write for example 12h, 3d or 1w", s)
	rest, sum := s, time.Duration(0)
	for _, unit := range []struct {
		name string
		of   time.Duration
	}{{"w", 7 * day}, {"d", day}} {
		number, after, ok := strings.Cut(rest, unit.name)
		if !ok {
			continue
		}
		hours, err := time.ParseDuration(number + "h")
		if err != nil || hours < 0 || hours > math.MaxInt64/(unit.of/time.Hour) {
			return 0, bad
		}
		sum, rest = sum+hours*(unit.of/time.Hour), after
	}
	if rest != "" {
		d, err := time.ParseDuration(rest)
		if err != nil || d < 0 {
			return 0, bad
		}
		sum += d
	}
	if sum <= 0 {
		return 0, bad
	}
	return sum, nil
}

// BuildsOn are the services whose images a service's build takes files from.
func (b *Build) BuildsOn() (names []string) {
	for _, c := range b.Contexts {
		if name, ok := strings.CutPrefix(c, "service:"); ok && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// WithoutBuilds is p as the supervisor gets it: how images are made and got is done
// by then, secrets of builds are nobody's matter, and files are watched by the command.
func (p *Project) WithoutBuilds() Project {
	out := *p
	out.Services = slices.Clone(p.Services)
	for i := range out.Services {
		out.Services[i].Build, out.Services[i].Watch = nil, nil
	}
	return out
}

// Platform is the one that an image is built for: "" is this machine's, which is taken
// wherever it is among several.
func (b *Build) Platform() string {
	if len(b.Platforms) == 1 && !OwnPlatform(b.Platforms[0]) {
		return b.Platforms[0]
	}
	return ""
}

// OwnPlatform reports that programs of a platform (OS[/ARCHITECTURE[/VARIANT]]) are
// what this machine executes without an emulator.
func OwnPlatform(s string) bool {
	if s == "" || s == "linux" || s == runtime.GOARCH {
		return true
	}
	own := "linux/" + runtime.GOARCH
	switch runtime.GOARCH {
	case "arm64":
		return s == own || s == own+"/v8"
	case "amd64":
		return s == own || s == own+"/v1" || s == "linux/x86_64" || s == "x86_64"
	}
	return s == own
}

// InlineCache reports an entry of cache_to that puts the cache into the image.
func InlineCache(to string) bool { return slices.Contains(strings.Split(to, ","), "type=inline") }

// Builder finds a service whose image can be built: also one that no profile
// enables, if the build of another needs it.
func (p *Project) Builder(name string) (*Service, bool) {
	if s, ok := p.Service(name); ok {
		return s, s.Build != nil
	}
	for i := range p.BuildOnly {
		if p.BuildOnly[i].Name == name {
			return &p.BuildOnly[i], true
		}
	}
	return nil, false
}
