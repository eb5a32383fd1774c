package building

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/mocker-compose/mocker-compose/internal/build"
	"github.com/mocker-compose/mocker-compose/internal/build/dockerfile"
	"github.com/mocker-compose/mocker-compose/internal/build/solve"
	"github.com/mocker-compose/mocker-compose/internal/build/worker"
	"github.com/mocker-compose/mocker-compose/internal/client"
	"github.com/mocker-compose/mocker-compose/internal/image"
	"github.com/mocker-compose/mocker-compose/internal/progress"
	"github.com/mocker-compose/mocker-compose/project"
)

// Options are the flags of a build.
type Options struct {
	Args    map[string]*string // over those of the file; nil = the environment's
	NoCache bool
	Pull    bool // ask registries for newer base images
	SSH     []project.SSHAgent
	Quiet   bool // no steps
}

// Base gets an image that a build starts from or copies from. fresh: ask the registry.
type Base func(ctx context.Context, ref, platform string, fresh bool) (image.Image, error)

// Builder builds images of a project's services.
type Builder struct {
	Env     *client.Env
	Store   *image.Store
	Project *project.Project
	Options Options
	Base    Base

	limit int // of what is done at the same time; 0 = none
	mu    sync.Mutex
	built map[string]image.Image // by service
}

// solver carries requests out; tests have their own.
var solver = solve.Build

// build makes one service's image. Those that it takes files from are there.
func (b *Builder) build(ctx context.Context, s *project.Service) (err error) {
	show := b.Env.Display()
	id := "Image " + s.Image
	show.On(progress.Event{ID: id, Text: "Building"})
	defer func() {
		switch {
		case err == nil:
			show.On(progress.Event{ID: id, Status: progress.Done, Text: "Built"})
		case ctx.Err() != nil:
			show.On(progress.Event{ID: id, Status: progress.Warning, Text: "Interrupted"})
		default:
			show.On(progress.Event{ID: id, Status: progress.Error, Text: "Error"})
		}
	}()
	steps := &told{service: s.Name, show: show}
	if !b.Options.Quiet {
		steps.build = show.Build(s.Name, id)
		defer func() { steps.build.End(err) }()
	}
	j, err := b.open(ctx, s, steps)
	if err != nil {
		return b.explain(s, err)
	}
	defer j.close()
	graph, err := dockerfile.Lower(ctx, j.input)
	if err != nil {
		return b.explain(s, err)
	}
	result, err := solver(ctx, j.request(ctx, graph))
	if err != nil {
		return b.explain(s, err)
	}
	steps.warn(j.input.Name, graph.Warnings)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.built[s.Name] = result.Image
	return nil
}

// request is what the solver gets.
func (j *job) request(ctx context.Context, g *build.Graph) solve.Request {
	b, s := j.builder, j.service
	r := solve.Request{
		Graph: g, Contexts: map[string]solve.Context{}, Agent: j.agent,
		Secret: func(id string) ([]byte, error) { return j.secret(ctx, id) },
		Tags:   append([]string{s.Image}, s.Build.Tags...), NoCache: s.Build.NoCache || b.Options.NoCache, NoCacheStages: s.Build.NoCacheFilter,
		Machine: machine(s.Build), Allow: s.Build.Entitlements, CacheFrom: j.cacheFrom, Epoch: g.Epoch,
		Parallel: b.limit, Store: b.Store, Observe: j.steps.on, InlineCache: inline(j.input.Args, s.Build.CacheTo),
		Excerpt: func(first, last int) string { return dockerfile.Excerpt(j.input.Data, first, last) },
		Worker: func(ctx context.Context) (build.Worker, error) {
			return worker.Start(ctx, b.Env.Dirs, b.Env.Warn)
		},
	}
	for name, c := range j.contexts {
		r.Contexts[name] = c
	}
	return r
}

// inline: the image is to carry what others need to take their cache from it.
func inline(args map[string]*string, to []string) bool {
	v := args["BUILDKIT_INLINE_CACHE"]
	return v != nil && *v == "1" || slices.ContainsFunc(to, project.InlineCache)
}

func machine(b *project.Build) build.Machine {
	m := build.Machine{Network: b.Network, Hosts: b.ExtraHosts, ShmSize: b.ShmSize, Privileged: b.Privileged}
	for _, u := range b.Ulimits {
		if m.Ulimits == nil {
			m.Ulimits = map[string]build.Limit{}
		}
		m.Ulimits[u.Name] = build.Limit{Soft: u.Soft, Hard: u.Hard}
	}
	return m
}

// labels are the file's, and those by which docker compose knows its images.
func labels(project string, s *project.Service) map[string]string {
	out := map[string]string{
		"com.docker.compose.project": project, "com.docker.compose.service": s.Name, "com.docker.compose.version": client.Version,
	}
	for k, v := range s.Build.Labels {
		if _, ours := out[k]; !ours {
			out[k] = v
		}
	}
	return out
}

// told is where a build says what it does.
type told struct {
	service string
	show    *progress.Display
	build   *progress.Build // nil: quiet
}

func (t *told) on(e build.Event) {
	if t.build != nil {
		t.build.On(e)
	}
}

// warn says what the rules have to say, as docker does at the end of a build.
func (t *told) warn(file string, list []build.Warning) {
	if len(list) == 0 || t.build == nil || t.show.Mode() == progress.Quiet {
		return
	}
	n := "1 warning"
	if len(list) > 1 {
		n = fmt.Sprintf("%d warnings", len(list))
	}
	text := fmt.Sprintf("%s: %s (build --check %s shows the lines):", file, n, t.service)
	for _, w := range list {
		text += "\n - " + w.String()
	}
	for line := range lines(text) {
		t.show.Print("WARN " + line)
	}
}
