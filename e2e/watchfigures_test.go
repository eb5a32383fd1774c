package e2e

import (
	"fmt"
	"os"
	"slices"
	"testing"
	"time"
)

// Figures, for docs/benchmarks.md: how long a change takes until it is in the container,
// and how long the first sync of many files. Nothing is asserted of them.
func TestWatchFigures(t *testing.T) {
	if os.Getenv("MOCKER_TEST_FIGURES") == "" {
		t.Skip("prints figures: set MOCKER_TEST_FIGURES=1")
	}
	s := begin(t, `
services:
  web:
    image: "rootfs:./bb.tar"
    command: sleep 1000
    stop_grace_period: 0s
    volumes: ["seen:/app"]
    develop: {watch: [{path: ./src, action: sync, target: /app, initial_sync: true}]}
volumes: {seen: {}}
`)
	s.busyboxRoot()
	for n := range 5000 {
		s.write(fmt.Sprintf("src/%d/%d", n%50, n), "some lines of text\n")
	}
	s.must("up", "-d")
	began := time.Now()
	w := s.watching("watch", "--no-up")
	t.Logf("5,000 files: %d ms from the start of the command to the end of the first sync", time.Since(began).Milliseconds())
	var took []int
	path := ""
	for _, line := range []string{s.must("volume", "inspect", "--format", "{{.Mountpoint}}", s.project+"_seen")} {
		path = line[:len(line)-1] + "/a"
	}
	for n := range 30 {
		want := fmt.Sprint(n)
		began := time.Now()
		s.write("src/a", want)
		for b := []byte(nil); string(b) != want; b, _ = os.ReadFile(path) {
			if time.Since(began) > 10*time.Second {
				t.Fatal("never seen")
			}
			time.Sleep(time.Millisecond)
		}
		took = append(took, int(time.Since(began).Milliseconds()))
	}
	slices.Sort(took)
	t.Logf("a change: median %d ms, least %d, most %d", took[len(took)/2], took[0], took[len(took)-1])
	w.ends()
}
