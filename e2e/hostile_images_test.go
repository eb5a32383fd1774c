package e2e

import (
	"archive/tar"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/hostiletest"
	"github.com/mocker-compose/mocker-compose/internal/imagetest"
)

// The hostile roots as images: what the image's author controls beyond the files
// (working directory, user, entrypoint, volumes) is in the image's configuration.
func TestHostileImages(t *testing.T) {
	s := begin(t, "services: {}\n")
	for i, c := range hostiletest.Cases() {
		if c.Name == "passwd-is-huge" {
			continue // nobody has the disk for such an archive
		}
		t.Run(c.Name, func(t *testing.T) {
			s := s.in(t)
			service := fmt.Sprintf("i%d", i)
			s.attack(&c, service, func(tree *hostiletest.Tree) {
				s.write("compose.yaml", s.asImage(&c, tree, service))
			})
		})
	}
}

// asImage makes an image of the case, and its compose file.
func (s *scenario) asImage(c *hostiletest.Case, tree *hostiletest.Tree, service string) string {
	text := hostileCompose(&hostiletest.Case{Mounts: c.Mounts, Sysctl: c.Sysctl}, tree, service)
	text = strings.Replace(text, "image: 'rootfs:"+tree.Root+"'", "image: 'docker-archive:./"+service+".tar'", 1)
	var lines []string
	for line := range strings.Lines(text) {
		if !strings.Contains(line, "entrypoint:") {
			lines = append(lines, line)
		}
	}
	img := imagetest.Image{Names: []string{service + ":1"}, Layers: [][]imagetest.File{treeFiles(s.t, tree.Root)}}
	img.Config = imagetest.Config{User: c.User, WorkingDir: c.WorkingDir, Entrypoint: append([]string{"/probe", "attack"}, attacks(c, tree)...)}
	if c.Entrypoint != "" {
		img.Config.Entrypoint = []string{c.Entrypoint}
	}
	for _, m := range c.Mounts {
		if m.Kind == hostiletest.Volume || m.Kind == hostiletest.Tmpfs {
			// Filled with what the image has at the target, if the file does not say otherwise.
			img.Config.Volumes = imagetest.Set(m.Target, m.Target+"/more")
		}
	}
	img.WriteDockerArchive(s.t, filepath.Join(s.dir, service+".tar"))
	return strings.Join(lines, "")
}

// treeFiles is a tree as the files of a layer.
func treeFiles(t *testing.T, root string) (files []imagetest.File) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		name, rerr := filepath.Rel(root, path)
		if err != nil || rerr != nil || name == "." {
			return err
		}
		f := imagetest.File{Name: name, Mode: 0o755}
		switch {
		case d.IsDir():
			f.Name += "/"
		case d.Type()&fs.ModeSymlink != 0:
			f.Link, err = os.Readlink(path)
		case d.Type()&fs.ModeNamedPipe != 0:
			f.Type = tar.TypeFifo
		default:
			var b []byte
			b, err = os.ReadFile(path)
			f.Text = string(b)
		}
		files = append(files, f)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}
