package e2e

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/imagetest"
)

// TestDeepImage: an image with as many layers as docker allows starts, whichever
// way the kernel takes them, and is saved and loaded whole; one more is refused.
func TestDeepImage(t *testing.T) {
	s := begin(t, "services:\n  a:\n    image: deep:1\n    command: sh -c 'cat /n; ls /layers | wc -l; sleep 1000'\n")
	layers := [][]imagetest.File{imagetest.Busybox(t)}
	for n := 1; n < 127; n++ {
		layers = append(layers, []imagetest.File{{Name: "layers/"}, {Name: fmt.Sprintf("layers/%d", n)}, {Name: "n", Text: fmt.Sprintln(n)}})
	}
	deep := imagetest.Image{Names: []string{"deep:1"}, Layers: layers}
	deep.WriteDockerArchive(t, filepath.Join(s.dir, "a.tar"))
	s.must("image", "load", "-i", "a.tar")
	for _, env := range []string{"", "MOCKER_FORCE_OLD_OVERLAY=1"} {
		if env != "" {
			s.env = append(s.env, env)
		}
		s.must("up", "-d")
		s.eventually("the topmost file and one of each layer, "+env, func() bool {
			return strings.Contains(s.must("logs", "--no-log-prefix"), "126\n126\n")
		})
		s.must("down", "-t", "0")
	}
	s.must("image", "save", "-o", "saved.tar", "deep:1")
	s.must("image", "rm", "deep:1")
	s.must("image", "load", "-i", "saved.tar")
	if got := strings.TrimSpace(s.must("image", "inspect", "-f", "{{.Id}} {{len .RootFS.Layers}}", "deep:1")); got != deep.ID(t)+" 127" {
		t.Errorf("it came back as %s", got)
	}
	deep.Layers = append(deep.Layers, []imagetest.File{{Name: "more"}})
	deep.WriteDockerArchive(t, filepath.Join(s.dir, "b.tar"))
	s.fails(1, []string{"128 layers", "127"}, "image", "load", "-i", "b.tar")
}
