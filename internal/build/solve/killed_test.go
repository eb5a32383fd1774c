package solve_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/image"
)

func decode(raw []byte, into any) error { return json.Unmarshal(raw, into) }

func as[E error](err error, into *E) bool { return errors.As(err, into) }

// killedArg makes the test's binary a command that builds below a directory.
const killedArg = "build-and-be-killed"

var killedFile = lines(
	"FROM base:1 AS a", "RUN echo a >/a", "RUN echo aa >>/a", "COPY src /src",
	"FROM base:1 AS b", "RUN echo b >/b", "WORKDIR /w",
	"FROM base:1", "COPY --from=a /a /src /", "COPY --from=b /b /", "RUN cat /a /b f >/all", "COPY src /end/",
)

func runKilled(args []string) int {
	s, err := openSite(args[0])
	if err == nil {
		s.req.Tags = []string{"killed:1"}
		_, err = s.build(context.Background(), killedFile)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// Whenever a build is killed, the next one goes on, and its image is right.
func TestBuildKilled(t *testing.T) {
	s := newSite(t, map[string]string{"src/f": "file"})
	if s == nil {
		return
	}
	kills := number("MOCKER_TEST_KILLS", 10)
	dir := strings.TrimSuffix(s.root, "/context")
	finished := 0
	for i := range kills {
		s.write(t, "src/f", fmt.Sprint("file", i/5)) // not everything is done in the end
		var said bytes.Buffer
		cmd := exec.Command("/proc/self/exe", killedArg, dir)
		cmd.Stderr = &said
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- cmd.Wait() }()
		select {
		case err := <-ended:
			if err != nil {
				t.Fatalf("build %d: %v: %s", i, err, said.String())
			}
			finished++
		case <-time.After(time.Duration(i%17) * 25 * time.Millisecond):
			_ = cmd.Process.Kill()
			<-ended
		}
	}
	t.Logf("%d of %d builds ended before they were killed", finished, kills)
	s.write(t, "src/f", "last")
	s.req.Tags = []string{"killed:1"}
	d, err := s.build(t.Context(), killedFile)
	if err != nil {
		t.Fatal(err)
	}
	out, err := s.build(t.Context(), killedFile+"RUN cat /all /end/f\n")
	if err != nil {
		t.Fatal(err)
	}
	if want := "a\naa\nb\nlastlast"; out.output != want {
		t.Errorf("in the image is %q, want %q", out.output, want)
	}
	if again := s.must(t, killedFile); again.Image.ID != d.Image.ID {
		t.Error("another image")
	}
	s.noLeftovers(t)
}

func number(name string, usual int) int {
	if n, err := strconv.Atoi(os.Getenv(name)); err == nil {
		return n
	}
	return usual
}

// noLeftovers: a prune finds and removes all that killed builds left.
func (s *site) noLeftovers(t *testing.T) {
	t.Helper()
	err := s.store.Run(t.Context(), s.store.Request(image.OpPrune, func(r *image.Request) { r.Clean = &image.CleanOptions{} }), os.Stdin, func(*image.Message) {})
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{"sessions", "locks", "layers"} {
		entries, err := os.ReadDir(filepath.Join(s.dirs.Images(), dir))
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if dir == "sessions" || strings.HasPrefix(e.Name(), "tmp-") || strings.HasPrefix(e.Name(), "step-") {
				t.Errorf("%s/%s is left", dir, e.Name())
			}
		}
	}
	if _, err := s.store.Find("killed:1"); err != nil {
		t.Error(err)
	}
}
