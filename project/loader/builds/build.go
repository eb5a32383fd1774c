package builds

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"

	"github.com/mocker-compose/mocker-compose/internal/image/imageref"
	"github.com/mocker-compose/mocker-compose/project"
)

// rootfsPrefix begins an image that is a root file system and has no name.
const rootfsPrefix = "rootfs:"

// reader reads one section.
type reader struct {
	src     Source
	service types.ServiceConfig
	secrets types.Secrets
	out     *project.Build
}

// Convert reads the build section of a service, nil if there is none. s.Image is the
// name that the image gets; named: the file says so.
func Convert(src Source, m *types.Project, s types.ServiceConfig, named bool) (*project.Build, error) {
	b := s.Build
	if b == nil {
		return nil, nil
	}
	at := []string{"services", s.Name, "build"}
	if strings.HasPrefix(s.Image, rootfsPrefix) || imageref.IsSource(s.Image) {
		return nil, src.Fault("write image: NAME[:TAG], or remove build", fmt.Sprintf("services.%s: build cannot make %s", s.Name, s.Image), at...)
	}
	if b.DockerfileInline != "" && b.Dockerfile != "" {
		return nil, src.Fault("remove one of them", fmt.Sprintf("services.%s.build: dockerfile and dockerfile_inline exclude each other", s.Name), append(at, "dockerfile")...)
	}
	out := &project.Build{
		Context: b.Context, Dockerfile: b.Dockerfile, Inline: b.DockerfileInline, Target: b.Target, Contexts: b.AdditionalContexts,
		Args: b.Args.ToMapping(), Labels: b.Labels, Tags: b.Tags, NoCache: b.NoCache, NoCacheFilter: b.NoCacheFilter,
		Pull: b.Pull, CacheFrom: b.CacheFrom, CacheTo: b.CacheTo, Platforms: b.Platforms, Provenance: b.Provenance, SBOM: b.SBOM,
		Network: b.Network, ShmSize: int64(b.ShmSize), Privileged: b.Privileged, Entitlements: b.Entitlements,
		Named: named, Source: src.Position(at...),
	}
	for _, k := range b.SSH {
		out.SSH = append(out.SSH, project.SSHAgent{ID: k.ID, Path: src.Home(k.Path)})
	}
	slices.SortFunc(out.SSH, func(a, b project.SSHAgent) int { return strings.Compare(a.ID, b.ID) })
	r, err := &reader{src: src, service: s, secrets: m.Secrets, out: out}, error(nil)
	if out.Ulimits, err = Limits(src, b.Ulimits, append(at, "ulimits")...); err != nil {
		return nil, err
	}
	for _, step := range []func() error{r.names, r.findSecrets, r.hosts, r.platforms} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	r.network()
	if slices.ContainsFunc(out.CacheTo, func(to string) bool { return !project.InlineCache(to) }) {
		src.Notice(project.Ignored, "the cache stays in this machine's store, unless it is type=inline; push the image, and name it in cache_from elsewhere", append(at, "cache_to")...)
	}
	return out, nil
}

// names looks at the names that the image gets.
func (r *reader) names() error {
	s, out := r.service, r.out
	for _, tag := range out.Tags {
		if n, err := imageref.Parse(tag); err != nil || n.Digest != "" {
			return r.src.Fault("write NAME[:TAG]", fmt.Sprintf("services.%s.build.tags: %q is no name of an image", s.Name, tag), "services", s.Name, "build", "tags", tag)
		}
	}
	if n, err := imageref.Parse(s.Image); err == nil && n.Digest != "" {
		return r.src.Fault("write NAME[:TAG], or remove build", fmt.Sprintf("services.%s.image: what is built cannot be named by a digest", s.Name), "services", s.Name, "image")
	} else if err != nil && !out.Named {
		return r.src.Fault("write image: NAME", fmt.Sprintf("services.%s.build: %v: %q would be its image's name", s.Name, err, s.Image), "services", s.Name, "build")
	}
	return nil
}

// findSecrets finds the secrets that steps may ask for. Files are read when they do.
func (r *reader) findSecrets() error {
	s, out := r.service, r.out
	for _, ref := range s.Build.Secrets {
		object, ok := r.secrets[ref.Source]
		if !ok {
			return r.src.Fault("add it below the top-level secrets:", fmt.Sprintf("services.%s.build.secrets: secret %q is not defined", s.Name, ref.Source),
				"services", s.Name, "build", "secrets", ref.Source)
		}
		secret := project.BuildSecret{ID: ref.Target, Source: ref.Source, File: object.File, Env: object.Environment}
		if secret.ID == "" {
			secret.ID = ref.Source
		}
		if object.File == "" {
			secret.Value = object.Content
			if object.Environment != "" && object.Content == "" {
				value, set := r.src.Variable(object.Environment)
				secret.Value, secret.Unset = value, !set
			}
		}
		if slices.ContainsFunc(out.Secrets, func(o project.BuildSecret) bool { return o.ID == secret.ID }) {
			return r.src.Fault("give one of them another target", fmt.Sprintf("services.%s.build.secrets: two secrets are called %s", s.Name, secret.ID),
				"services", s.Name, "build", "secrets", ref.Source)
		}
		out.Secrets = append(out.Secrets, secret)
	}
	return nil
}

func (r *reader) hosts() error {
	s, out := r.service, r.out
	for _, name := range slices.Sorted(maps.Keys(s.Build.ExtraHosts)) {
		for _, address := range s.Build.ExtraHosts[name] {
			if _, err := netip.ParseAddr(address); err != nil && address != project.HostGateway {
				return r.src.Fault("write NAME=ADDRESS", fmt.Sprintf("services.%s.build.extra_hosts: %s: %q is not an address", s.Name, name, address),
					"services", s.Name, "build", "extra_hosts", name)
			}
			out.ExtraHosts = append(out.ExtraHosts, name+"="+address)
		}
	}
	return nil
}

// platforms keeps to one: this machine's, if it is there.
func (r *reader) platforms() error {
	s, out := r.service, r.out
	at := []string{"services", s.Name, "build", "platforms"}
	own, foreign := false, []string(nil)
	for _, p := range out.Platforms {
		if project.OwnPlatform(p) {
			own = true
		} else {
			foreign = append(foreign, p)
		}
	}
	switch {
	case len(foreign) == 0:
		return nil
	case own:
		r.src.Notice(project.Degraded, "images are built for one platform, this machine's, not for "+strings.Join(foreign, ", "), at...)
		return nil
	case len(foreign) == 1:
		r.src.Notice(project.Degraded, "the image is made for "+foreign[0]+"; this machine executes its programs only with an emulator (binfmt_misc)", at...)
		return nil
	case r.src.Tolerant():
		r.src.Notice(project.Refused, onlyOwn, at...)
		return nil
	}
	return r.src.Fault(onlyOwn, fmt.Sprintf("%s: %s is not possible", strings.Join(at, "."), strings.Join(foreign, ", ")), at...)
}

const onlyOwn = "images are built for one platform: name one, or add linux for this machine's"

// network takes docker's words. What is none of them names a network of docker's
// own, which a build does not have here.
func (r *reader) network() {
	switch r.out.Network {
	case "none", "host":
		return
	case "", "default", "bridge":
	default:
		r.src.Notice(project.Degraded, "builds have a network of their own with a way out, not "+r.out.Network, "services", r.service.Name, "build", "network")
	}
	r.out.Network = ""
}
