package building

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/build"
	"github.com/mocker-compose/mocker-compose/internal/build/contexts"
	"github.com/mocker-compose/mocker-compose/internal/build/dockerfile"
	"github.com/mocker-compose/mocker-compose/internal/fifo"
	"github.com/mocker-compose/mocker-compose/internal/undo"
	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/rootless"
)

// job is the build of one service.
type job struct {
	builder   *Builder
	service   *project.Service
	steps     *told
	input     dockerfile.Input
	contexts  map[string]*contexts.Context
	cacheFrom []build.Image
	agents    agents
	cleanup   undo.Stack
}

// open reads the Dockerfile and opens the contexts. The job is to be closed.
func (b *Builder) open(ctx context.Context, s *project.Service, steps *told) (_ *job, err error) {
	j := &job{builder: b, service: s, steps: steps}
	defer func() {
		if err != nil {
			j.close()
		}
	}()
	if err := j.prepare(ctx); err != nil {
		return nil, err
	}
	for name, address := range s.Build.Contexts {
		if err := j.additional(ctx, name, address); err != nil {
			return nil, err
		}
	}
	j.findCaches(ctx)
	return j, nil
}

// prepare opens the main context and reads the Dockerfile.
func (j *job) prepare(ctx context.Context) error {
	b, s := j.builder, j.service
	j.contexts = map[string]*contexts.Context{}
	j.input = dockerfile.Input{
		Target: s.Build.Target, Args: b.args(s.Build), Env: os.LookupEnv, Labels: labels(b.Project.Name, s), Platform: cmp.Or(s.Platform, s.Build.Platform()),
		Contexts: map[string]dockerfile.Context{}, Images: j.image,
	}
	if j.input.Platform == "" {
		j.input.Platform = b.Env.Getenv("DOCKER_DEFAULT_PLATFORM")
	}
	began := time.Now()
	main, err := j.context(ctx, "", s.Build.Context)
	if err != nil {
		return err
	}
	if err := j.read(ctx, main); err != nil {
		return err
	}
	j.said("load build definition from "+j.input.Name, began)
	return j.ignore(main)
}

func (j *job) close() {
	_ = j.cleanup.Run() // what cannot be closed was only read
}

// said tells of something that has been done.
func (j *job) said(text string, began time.Time) {
	j.steps.on(build.Event{Kind: build.Started, Stage: "internal", Text: text})
	j.steps.on(build.Event{Kind: build.Done, Stage: "internal", Text: text, Took: time.Since(began)})
}

// context opens a directory or an address.
func (j *job) context(ctx context.Context, name, address string) (*contexts.Context, error) {
	env := j.builder.Env
	c, err := contexts.Open(ctx, address, contexts.Options{
		Data: env.Dirs.Data, Base: j.builder.Project.WorkingDir,
		Role: func(ctx context.Context, args []string, stdio [3]*os.File, isolated bool) (int, error) {
			return rootless.RunRoleInside(ctx, env.Dirs, args, stdio, isolated, env.Warn)
		},
	})
	if err != nil {
		return nil, err
	}
	j.cleanup.Add("close the context", c.Close)
	j.contexts[name] = c
	return c, nil
}

// local: the context is a directory of this machine, as the loader has it.
func local(b *project.Build) bool { return filepath.IsAbs(b.Context) }

// maxFile is more than a Dockerfile may have: who parses it says how much that is.
const maxFile = 4 << 20

// defaultName is looked for in lower case too (BuildKit, frontend/dockerui).
const defaultName = "Dockerfile"

// read reads the Dockerfile: of a local context it may be anywhere, of another one it
// is inside.
func (j *job) read(ctx context.Context, main *contexts.Context) (err error) {
	b := j.service.Build
	if j.input.Name = b.Dockerfile; b.Inline != "" {
		j.input.Name, j.input.Data = defaultName, []byte(b.Inline)
		return nil
	}
	if main.Dockerfile != nil {
		j.input.Name, j.input.Data = defaultName, main.Dockerfile
		return nil
	}
	open := func(name string) (io.ReadCloser, error) { return main.FS().Open(path.Clean(name)) }
	if local(b) {
		open = func(name string) (io.ReadCloser, error) { return fifo.Open(ctx, beside(b, name)) }
	}
	f, err := open(b.Dockerfile)
	if errors.Is(err, fs.ErrNotExist) && b.Dockerfile == defaultName {
		if lower, err2 := open(strings.ToLower(defaultName)); err2 == nil {
			f, err, j.input.Name = lower, nil, strings.ToLower(defaultName)
		}
	}
	if err != nil {
		return fmt.Errorf("failed to read dockerfile: %w", err)
	}
	defer f.Close()
	if j.input.Data, err = io.ReadAll(io.LimitReader(f, maxFile)); err != nil {
		return fmt.Errorf("failed to read dockerfile: %w", err)
	}
	return nil
}

// beside is the path of a file that is named relative to the context.
func beside(b *project.Build, name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(b.Context, name)
}

// ignore hides what the ignore file says.
func (j *job) ignore(main *contexts.Context) error {
	b := j.service.Build
	var dir fs.FS
	name := ""
	if b.Inline == "" {
		dir, name = main.FS(), path.Clean(j.input.Name)
		if local(b) {
			at := beside(b, j.input.Name)
			dir, name = os.DirFS(filepath.Dir(at)), filepath.Base(at)
		}
	}
	patterns, file, err := dockerfile.Ignore(main.FS(), dir, name)
	if err != nil {
		return err
	}
	if file != "" {
		j.input.Ignored = patterns
		main.Ignore(patterns, file)
	}
	return nil
}

// args are the build's, those of the flags, and the user's proxies and time of sources,
// in this order of what counts more: flags, file, environment.
func (b *Builder) args(of *project.Build) map[string]*string {
	out := map[string]*string{}
	for k, v := range proxies(b.Env.Getenv) {
		out[k] = &v
	}
	if epoch := b.Env.Getenv("SOURCE_DATE_EPOCH"); epoch != "" {
		out["SOURCE_DATE_EPOCH"] = &epoch // as buildx does
	}
	for k, v := range of.Args {
		out[k] = &v
	}
	for k, v := range b.Options.Args {
		out[k] = v
	}
	return out
}
