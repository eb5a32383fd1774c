package e2e

import (
	"path/filepath"
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/imagetest"
)

// An image can be a mount: whole or in part, of several layers, read-only, and it
// stays in the store as long as the container does.
func TestImageMounts(t *testing.T) {
	s := begin(t, `
services:
  a:
    command: `+sleep+`
    volumes:
      - { type: image, source: "data:1", target: /whole }
      - { type: image, source: "data:1", target: /part, image: { subpath: dir/sub } }
      - { type: image, source: "rootfs:./plain", target: /plain }
      - { type: image, source: "docker-archive:./data.tar", target: /file, image: { subpath: dir/one } }
  admin:
    command: `+sleep+`
    privileged: true
    volumes:
      - { type: image, source: "lone:1", target: /lone }
      - { type: image, source: "rootfs:./plain", target: /plain }
`)
	lone := imagetest.Image{Names: []string{"lone:1"}, Layers: [][]imagetest.File{{{Name: "f", Text: "honest"}}}}
	lone.WriteDockerArchive(t, filepath.Join(s.dir, "lone.tar"))
	img := imagetest.Image{Names: []string{"data:1"}, Layers: [][]imagetest.File{
		{{Name: "dir/"}, {Name: "dir/sub/"}, {Name: "dir/sub/old", Text: "old"}, {Name: "dir/one", Text: "one"}, {Name: "dir/gone", Text: "x"}, {Name: "out", Link: "/etc"}},
		{{Name: "dir/sub/new", Text: "new"}, {Name: "dir/.wh.gone"}},
	}}
	img.WriteDockerArchive(t, filepath.Join(s.dir, "data.tar"))
	s.write("plain/f", "plain")
	s.fails(1, []string{"data:1"}, "up", "-d")
	s.must("image", "load", "-q", "-i", "data.tar")
	s.must("image", "load", "-q", "-i", "lone.tar")
	s.must("up", "-d")
	// All capabilities do not make a layer of the store, or a directory, writable.
	got := s.inShell("admin", "for m in /lone /plain; do { mount -o remount,rw,bind $m; mount -o remount,rw $m; echo evil >$m/f; echo evil >$m/new; } 2>/dev/null; cat $m/*; done; true")
	if got != "honestplain" {
		t.Errorf("with all capabilities: %q", got)
	}
	if got := s.inShell("a", "cat /whole/dir/sub/old /whole/dir/sub/new /part/new /plain/f /file; ls /whole/dir"); got != "oldnewnewplainoneone\nsub" {
		t.Errorf("the mounts hold %q", got)
	}
	for _, target := range []string{"/whole", "/part", "/plain"} {
		s.refuses("a", "touch "+target+"/x")
	}
	s.must("restart", "-t", "0", "a")
	s.compose("image", "prune", "-a", "-f")
	if got := s.inShell("a", "cat /part/old"); got != "old" {
		t.Errorf("after prune: %q", got)
	}
	s.write("compose.yaml", "services:\n  a:\n    command: sleep 9\n    volumes:\n      - { type: image, source: 'data:1', target: /x, image: { subpath: out } }\n")
	s.fails(1, []string{"leads out"}, "up", "-d")
	s.write("compose.yaml", "services:\n  a:\n    command: sleep 9\n    volumes:\n      - { type: image, source: 'rootfs:./none', target: /x }\n")
	s.fails(1, []string{"compose.yaml:5: services.a.volumes:", "none"}, "up", "-d")
}
