package e2e

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/imagetest"
)

// run takes from the image what docker does: its entrypoint stays in front of the
// command, --entrypoint drops its Cmd, and --rm removes its anonymous volumes.
func TestRunImage(t *testing.T) {
	imagetest.Busybox(t) // skips where there is none
	if os.Getenv("MOCKER_FORCE_SINGLE_ID") != "" {
		t.Skip("the image's user needs a second id: without MOCKER_FORCE_SINGLE_ID")
	}
	s := begin(t, "services:\n  web: { image: 'docker-archive:./web.tar' }\n  own: { image: 'docker-archive:./web.tar', command: [from, file] }\n")
	img := imagetest.Image{
		Names: []string{"web:1"},
		Config: imagetest.Config{
			Entrypoint: []string{"echo", "entry"}, Cmd: []string{"from", "image"}, Env: []string{"PATH=/bin", "A=image"},
			User: "app", Volumes: imagetest.Set("/data"), WorkingDir: "/srv",
		},
		Layers: [][]imagetest.File{imagetest.Busybox(t)},
	}
	img.WriteDockerArchive(t, filepath.Join(s.dir, "web.tar"))
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"web"}, "entry from image\n"},
		{[]string{"own"}, "entry from file\n"},
		{[]string{"web", "of", "mine"}, "entry of mine\n"},
		{[]string{"--entrypoint", "echo other", "web"}, "other\n"},
		{[]string{"--entrypoint", "echo other", "web", "x"}, "other x\n"},
		{[]string{"--entrypoint", "sh -c", "-e", "A=mine", "-u", "0", "-w", "/", "web", `echo "$A $(id -u) $(pwd)"`}, "mine 0 /\n"},
		{[]string{"--entrypoint", "sh -c", "web", `echo "$A $(id -un) $(pwd)"`}, "image app /srv\n"},
	} {
		r := s.compose(append([]string{"run", "--rm", "-q"}, c.args...)...)
		if r.code != 0 || r.stdout != c.want {
			t.Errorf("%q: exit %d, %q, want %q: %s", c.args, r.code, r.stdout, c.want, r.stderr)
		}
	}
	if left := s.volumeNames(); len(left) > 0 {
		t.Errorf("--rm left %v", left)
	}
	s.must("run", "-q", "--name", "kept", "web")
	if left := s.volumeNames(); len(left) == 0 {
		t.Error("without --rm the anonymous volume has gone")
	}
	s.must("rm", "-fv", "kept")
	if left := s.volumeNames(); len(left) > 0 {
		t.Errorf("rm -v left %v", left)
	}
}
