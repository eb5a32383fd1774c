package e2e

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/imagetest"
)

// withBase loads busybox as base:1, for Dockerfiles to begin with.
func (s *scenario) withBase() {
	s.t.Helper()
	s.image("base.tar", "base:1", imagetest.Config{Env: []string{"PATH=/bin"}})
	s.must("image", "load", "-q", "-i", "base.tar")
}

var plainStep = regexp.MustCompile(`(?m)^#(\d+) \[\S+ (?:\S+ )?\d+/\d+\] (.*)$`)

// steps builds, and tells which steps were made and how many were cached.
func (s *scenario) steps(args ...string) (made []string, cached int) {
	s.t.Helper()
	r := s.compose(append([]string{"build", "--progress", "plain"}, args...)...)
	if r.code != 0 {
		s.t.Fatalf("build: exit %d\n%s%s", r.code, r.stdout, r.stderr)
	}
	out := r.stdout + r.stderr
	seen := map[string]bool{}
	for _, m := range plainStep.FindAllStringSubmatch(out, -1) {
		if seen[m[1]] || strings.HasPrefix(m[2], "FROM ") {
			continue
		}
		seen[m[1]] = true
		switch {
		case strings.Contains(out, "\n#"+m[1]+" CACHED\n"):
			cached++
		case strings.Contains(out, "\n#"+m[1]+" DONE "):
			made = append(made, m[2])
		default:
			s.t.Errorf("step %q has no end:\n%s", m[2], out)
		}
	}
	slices.Sort(made)
	return made, cached
}

// wantSteps builds, and compares which steps were made; all others were cached.
func (s *scenario) wantSteps(all int, want ...string) {
	s.t.Helper()
	made, cached := s.steps()
	slices.Sort(want)
	if !slices.Equal(made, want) || cached != all-len(want) {
		s.t.Errorf("made %q and %d cached, want %q of %d", made, cached, want, all)
	}
}

// wrote waits until a service has written all of these lines.
func (s *scenario) wrote(service string, lines ...string) {
	s.t.Helper()
	s.eventually(fmt.Sprintf("%s writes %q", service, lines), func() bool {
		return !slices.ContainsFunc(lines, func(l string) bool { return !s.logged(service, l) })
	})
}

// A build of two stages makes what has changed and what depends on it; what was built
// runs.
func TestBuildMakesWhatHasChanged(t *testing.T) {
	requireIDs(t)
	s := begin(t, `
services:
  app:
    build: .
    stop_grace_period: 1s
`)
	s.withBase()
	s.write(".dockerignore", "base.tar\nprobe\ncompose.yaml\nDockerfile\n*.md\n")
	dockerfile := func(more string) {
		s.write("Dockerfile", `# what is built
FROM base:1 AS builder
WORKDIR /src
COPY src .
RUN cat *.txt >/out
FROM base:1
RUN mkdir -p /etc; echo app:x:1000:1000::/:/bin/sh >>/etc/passwd
COPY --from=builder --chown=app /out /srv/out
COPY settings /srv/settings
`+more+`
USER app
CMD ["/bin/sh", "-c", "id -un; cat /srv/out /srv/settings; stat -c %U /srv/out; exec sleep 1000"]
`)
	}
	s.write("src/a.txt", "one\n")
	s.write("src/b.txt", "two\n")
	s.write("settings", "fast\n")
	dockerfile("RUN echo $HOME >/home.txt")
	builder := []string{"COPY src .", "RUN cat *.txt >/out"}
	top := []string{"COPY --from=builder --chown=app /out /srv/out", "COPY settings /srv/settings", "RUN echo $HOME >/home.txt"}
	s.wantSteps(7, slices.Concat(builder, top, []string{"WORKDIR /src", "RUN mkdir -p /etc; echo app:x:1000:1000::/:/bin/sh >>/etc/passwd"})...)
	image := s.must("image", "inspect", "--format", "{{.Id}}", s.project+"-app")
	s.must("up", "-d")
	s.wrote("app", "app", "one", "two", "fast", "app")

	s.wantSteps(7)
	if again := s.must("image", "inspect", "--format", "{{.Id}}", s.project+"-app"); again != image {
		t.Errorf("nothing has changed, and the image is %s, was %s", again, image)
	}
	s.write("notes.md", "not part of the context")
	s.wantSteps(7)
	s.write("settings", "slow\n")
	s.wantSteps(7, top[1:]...)
	s.write("src/b.txt", "zwei\n")
	s.wantSteps(7, slices.Concat(builder, top)...)
	dockerfile("RUN echo $HOME >/home.txt # a word more")
	s.wantSteps(7, top[2]+" # a word more")
	dockerfile("LABEL more=1")
	s.wantSteps(6)
	if err := os.Chmod(filepath.Join(s.dir, "src/a.txt"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.wantSteps(6, builder...) // what comes of it is the same
	if made, _ := s.steps("--no-cache"); len(made) != 6 {
		t.Errorf("--no-cache made %q", made)
	}
	s.must("up", "-d")
	s.wrote("app", "zwei", "slow")
}

// Services that have a Dockerfile in common build at the same time, and make each
// step once; so do two commands.
func TestBuildsShareSteps(t *testing.T) {
	requireIDs(t)
	service := "{build: ., image: 'shared/%s'}"
	s := begin(t, "services:\n  a: "+fmt.Sprintf(service, "a")+"\n  b: "+fmt.Sprintf(service, "b")+"\n  c: "+fmt.Sprintf(service, "c")+"\n")
	s.withBase()
	s.write("Dockerfile", "FROM base:1\nRUN cat /proc/sys/kernel/random/uuid >/once\nRUN cat /once >/twice\nCMD cat /once\n")
	results := make(chan result, 2)
	for range cap(results) {
		go func() { results <- s.plain("build") }()
	}
	for range cap(results) {
		if r := <-results; r.code != 0 {
			t.Errorf("exit %d\n%s", r.code, r.stderr)
		}
	}
	ids := map[string]bool{}
	for _, name := range []string{"a", "b", "c"} {
		ids[s.must("image", "inspect", "--format", "{{json .RootFS}}", "shared/"+name)] = true
	}
	if len(ids) != 1 {
		t.Errorf("the images have other layers: %v", ids)
	}
}

// A secret is there for the program and nowhere afterwards.
func TestBuildSecretStaysOut(t *testing.T) {
	const value = "4f7c-very-secret-91aa"
	s := begin(t, `
services:
  app:
    build:
      context: .
      secrets: [token, {source: token, target: other}]
secrets:
  token: {file: ./token}
`)
	s.withBase()
	s.write("token", value)
	s.write(".dockerignore", "token\n")
	s.write("Dockerfile", `FROM base:1
RUN --mount=type=secret,id=token,env=TOKEN sha256sum /run/secrets/token >/sum; test "$TOKEN" = `+value[:4]+`"`+value[4:]+`"
RUN --mount=type=secret,id=none test ! -e /run/secrets/none
RUN ls -A /run >/left
`)
	s.must("build")
	found := ""
	err := filepath.WalkDir(s.dirs.Data, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrPermission) {
			return nil
		}
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		b, err := os.ReadFile(path)
		if bytes.Contains(b, []byte(value)) && !bytes.Contains(b, []byte("test \\\"$TOKEN")) {
			found = path
		}
		if errors.Is(err, fs.ErrPermission) {
			return nil
		}
		return err
	})
	if err != nil || found != "" {
		t.Errorf("the secret is in %s, %v", found, err)
	}
	s.write("token", "another")
	s.wantSteps(3) // what a secret holds is no part of a step
	s.write("Dockerfile", "FROM base:1\nRUN --mount=type=secret,id=none,required true\n")
	s.fails(1, []string{"Dockerfile:2", ">>> RUN --mount=type=secret,id=none,required true", "secret none: not found"}, "build")
}

// A step that fails is told with its output and its line, beside steps that run.
func TestBuildErrors(t *testing.T) {
	s := begin(t, "services:\n  app: {build: .}\n")
	s.withBase()
	s.write("Dockerfile", `FROM base:1 AS slow
RUN sleep 1000
FROM base:1
RUN echo before
RUN echo to the terminal; \
    exit 7
COPY --from=slow /x /x
`)
	out := s.fails(1, []string{
		"to the terminal\n", "Dockerfile:5\n", ">>> RUN echo to the terminal; \\\n", ">>>     exit 7\n",
		`failed to solve: process "/bin/sh -c echo to the terminal;     exit 7" did not complete successfully: exit code: 7`,
	}, "build")
	if strings.Contains(out, "137") || strings.Count(out, "ERROR") != 1 {
		t.Errorf("it tells a failure of what was only cancelled:\n%s", out)
	}
	s.write("Dockerfile", "FROM base:1\nCOPY missing /\n")
	s.fails(1, []string{"Dockerfile:2", "missing"}, "build")
}

// A build that is interrupted ends all that it started, and the next one has what
// was done.
func TestBuildInterrupted(t *testing.T) {
	s := begin(t, "services:\n  app: {build: .}\n")
	s.withBase()
	text := "FROM base:1\nRUN echo done >/done\nRUN %s\n"
	s.write("Dockerfile", fmt.Sprintf(text, "echo it-runs; sleep 1000"))
	f := s.background("build", "--progress", "plain")
	f.shows(" it-runs\n")
	f.kill(syscall.SIGINT)
	if code := f.code(); code != 130 {
		t.Errorf("exit %d\n%s", code, f.out.String())
	}
	s.write("Dockerfile", fmt.Sprintf(text, "cat /done"))
	s.wantSteps(2, "RUN cat /done")
}

// With SOURCE_DATE_EPOCH the same input gives the same image and the same archive,
// in another directory, store and at another time.
func TestBuildIsReproducible(t *testing.T) {
	sums := map[string]bool{}
	for _, args := range []string{", args: {SOURCE_DATE_EPOCH: 1600000000}", ""} {
		s := begin(t, "services:\n  app: {build: {context: ."+args+"}, image: 'same/app:1'}\n")
		if args == "" {
			s.env = append(s.env, "SOURCE_DATE_EPOCH=1600000000")
		}
		s.withBase()
		s.write(".dockerignore", "*\n!in\n")
		s.write("in/a", "text")
		s.write("in/deep/b", "more")
		s.write("Dockerfile", "FROM base:1\nWORKDIR /w\nCOPY in /in\nRUN date >/dev/null; echo x >y; mkdir z; ln -s y l\nLABEL b=1 a=2\nEXPOSE 80 443\n")
		s.must("-p", "same", "build", "--no-cache") // the project is a label of the image
		s.must("image", "save", "-o", "saved.tar", "same/app:1")
		sums[fmt.Sprintf("%x %s", sha256.Sum256([]byte(s.read("saved.tar"))), s.must("image", "inspect", "--format", "{{.Id}} {{.Created}}", "same/app:1"))] = true
	}
	if len(sums) != 1 {
		t.Errorf("%v", sums)
	}
	for sum := range sums {
		if !strings.Contains(sum, "2020-09-13T12:26:40Z") {
			t.Errorf("created is not the epoch: %s", sum)
		}
	}
}
