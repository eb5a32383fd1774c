package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// buildText has two stages and fifteen instructions; what its programs do takes
// little time, so that what is measured is what a builder does between them.
const buildText = `FROM base:1 AS builder
RUN /bin/busybox --install -s /bin
WORKDIR /src
RUN mkdir -p /opt/tools && for i in $(seq 1 50); do echo $i >/opt/tools/$i; done
COPY package.json .
RUN for i in $(seq 1 200); do echo dependency $i >dep$i; done
COPY src ./src
RUN cat src/*.c >all.c && sha256sum all.c >app
FROM base:1
RUN /bin/busybox --install -s /bin && mkdir -p /var/lib/app /var/log/app
WORKDIR /app
COPY conf /etc/app/
COPY --from=builder /src/app /src/all.c ./
RUN chmod 755 app
CMD ["/app/app"]
`

// Files of the context: sources of a program of some size, and its settings.
const (
	buildSources  = 1000
	buildSettings = 20
)

// benchBuild compares a build, with nothing in the cache and with all of it, with
// buildah's: the same Dockerfile, context and base image, the same user. buildah
// has what makes it fastest without root: overlay, and no namespaces for programs.
func benchBuild(ctx context.Context, b *bench) error {
	buildah, err := exec.LookPath("buildah")
	if err != nil {
		return errors.New("buildah is not installed: package buildah")
	}
	c, err := b.buildCase(buildah)
	if err != nil {
		return err
	}
	var cold, warm [2][]time.Duration
	for i := range max(3, b.runs/2) {
		for n, side := range []buildSide{c.ours(ctx, i), c.theirs(ctx, i)} {
			c, w, err := side.measure()
			if err = errors.Join(err, side.end()); err != nil {
				return err
			}
			cold[n], warm[n] = append(cold[n], c), append(warm[n], w...)
		}
	}
	what := fmt.Sprintf("build of %d steps, %d files, ", strings.Count(buildText, "\n"), buildSources+buildSettings)
	b.times(what+"nothing cached", cold[0], cold[1], 1.5)
	b.times(what+"nothing changed", warm[0], warm[1], 10)
	b.absolute(what+"nothing changed", float64(median(warm[0]))/1e6, 100, "ms")
	return nil
}

// buildCase is what both build.
type buildCase struct {
	*bench
	buildah, dir, archive string
}

// buildSide is one of the two, with a store of its own.
type buildSide struct {
	base, build func() *exec.Cmd
	end         func() error // removes the store
}

// measure builds from nothing, and then some times without a change.
func (s *buildSide) measure() (cold time.Duration, warm []time.Duration, err error) {
	if _, err := timed(s.base()); err != nil {
		return 0, nil, err
	}
	if cold, err = timed(s.build()); err != nil {
		return 0, nil, err
	}
	for range 3 {
		took, err := timed(s.build())
		if err != nil {
			return 0, nil, err
		}
		warm = append(warm, took)
	}
	return cold, warm, nil
}

func (b *bench) buildCase(buildah string) (*buildCase, error) {
	c := &buildCase{b, buildah, filepath.Join(b.dir, "build"), filepath.Join(b.dir, "base.tar")}
	if err := b.writeArchive(c.archive, "base:1", 0); err != nil {
		return nil, err
	}
	files := map[string]string{
		"compose.yaml": "services:\n  app: { build: . }\n", ".dockerignore": "compose.yaml\n",
		"Dockerfile": buildText, "package.json": "{}\n",
	}
	for i := range buildSources {
		files[fmt.Sprintf("src/file%d.c", i)] = strings.Repeat(fmt.Sprintf("int f%d(void);\n", i), 100+i%400)
	}
	for i := range buildSettings {
		files[fmt.Sprintf("conf/part%d.conf", i)] = fmt.Sprint("setting = ", i, "\n")
	}
	for name, text := range files {
		path := filepath.Join(c.dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return nil, err
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			return nil, err
		}
	}
	return c, nil
}

func (c *buildCase) ours(ctx context.Context, i int) buildSide {
	at := filepath.Join(c.bench.dir, fmt.Sprint("built", i))
	command := func(args ...string) func() *exec.Cmd {
		return func() *exec.Cmd {
			cmd := exec.CommandContext(ctx, c.compose, args...)
			cmd.Dir = c.dir
			cmd.Env = append(os.Environ(), "MOCKER_RUNTIME_DIR="+filepath.Join(at, "run"), "MOCKER_DATA_HOME="+filepath.Join(at, "data"))
			return cmd
		}
	}
	return buildSide{
		base: command("image", "load", "-i", c.archive), build: command("build", "-q"),
		end: func() error {
			_, err := timed(command("unshare", "rm", "-rf", filepath.Join(at, "data"))())
			return err
		},
	}
}

func (c *buildCase) theirs(ctx context.Context, i int) buildSide {
	at := filepath.Join(c.bench.dir, fmt.Sprint("buildah", i))
	global := []string{"--storage-driver", "overlay", "--root", filepath.Join(at, "root"), "--runroot", filepath.Join(at, "run")}
	command := func(args ...string) func() *exec.Cmd {
		return func() *exec.Cmd { return exec.CommandContext(ctx, c.buildah, append(global, args...)...) }
	}
	return buildSide{
		base: command("pull", "-q", "docker-archive:"+c.archive), build: command("bud", "--layers", "--isolation", "chroot", "-q", "-t", "app:1", c.dir),
		end: func() error {
			remove := exec.CommandContext(ctx, c.buildah, "unshare", "rm", "-rf", at)
			if os.Getuid() == 0 {
				remove = exec.CommandContext(ctx, "rm", "-rf", at)
			}
			_, err := timed(remove)
			return err
		},
	}
}
