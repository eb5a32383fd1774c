package host

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/state"
	"github.com/mocker-compose/mocker-compose/internal/volumes"
	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/supervisor"
)

// storageRuntime is a runtime with directories, and a container in it.
func storageRuntime(t *testing.T) (*Runtime, *container, *supervisor.Container) {
	t.Helper()
	top := t.TempDir()
	dirs := state.Dirs{Run: filepath.Join(top, "run"), Data: filepath.Join(top, "data")}
	r := &Runtime{dirs: dirs, project: "p", vols: volumes.Open(dirs), named: map[string]project.Volume{}, noticed: map[string]bool{}}
	sc := &supervisor.Container{Name: "p-s-1", ID: "id1"}
	if err := state.MakePrivate(dirs.ContainerData("p", sc.Name)); err != nil {
		t.Fatal(err)
	}
	return r, &container{name: sc.Name}, sc
}

func TestMountOptions(t *testing.T) {
	r, c, sc := storageRuntime(t)
	dir := t.TempDir()
	p := &project.Project{Name: "p", Volumes: []project.Volume{
		{Key: "db", Name: "given-name"}, {Key: "dev", Name: "p_dev", Options: map[string]string{"type": "none", "o": "bind,ro", "device": dir}},
	}}
	if err := r.EnsureVolumes(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	vol := r.dirs.Volumes()
	for _, x := range []struct {
		in   project.Mount
		want string
	}{
		{project.Mount{Type: project.MountBind, Source: dir, Target: "/b", ReadOnly: true}, "bind " + dir + " /b rbind,rro"},
		{project.Mount{Type: project.MountBind, Source: dir, Target: "/b", ReadOnly: true, WritableBelow: true}, "bind " + dir + " /b rbind,ro"},
		{project.Mount{Type: project.MountBind, Source: dir, Target: "/b", NonRecursive: true, Propagation: "rslave"}, "bind " + dir + " /b bind,rslave"},
		{project.Mount{Type: project.MountVolume, Source: "db", Target: "/b"}, "bind " + vol + "/given-name /b rbind"},
		{project.Mount{Type: project.MountVolume, Source: "other", Target: "/b"}, "bind " + vol + "/p_other /b rbind"},
		{project.Mount{Type: project.MountVolume, Source: "dev", Target: "/b"}, "bind " + dir + " /b bind,rro"},
		{project.Mount{Type: project.MountTmpfs, Target: "/t", Size: 4096, Mode: 0o700}, "tmpfs  /t mode=700,size=4096,noexec"},
		{project.Mount{Type: project.MountTmpfs, Target: "/t", Options: []string{"exec", "uid=7"}}, "tmpfs  /t mode=1777,exec,uid=7"},
	} {
		if err := r.resolveMounts(c, sc, []project.Mount{x.in}); err != nil {
			t.Fatal(err)
		}
		m := r.mount(c, c.rec.Mounts[0])
		got := strings.Join([]string{m.Type, m.Source, m.Destination, strings.Join(m.Options, ",")}, " ")
		if got != x.want {
			t.Errorf("got %q, want %q", got, x.want)
		}
	}
	r.singleID = true
	if got := r.tmpfsOptions([]string{"uid=7", "gid=0"}); len(got) != 1 || len(r.Notices()) != 1 {
		t.Errorf("with one id: %q", got)
	}
}

// Anonymous volumes go from a container to the one that takes its place, and to
// no other.
func TestAnonymousVolumes(t *testing.T) {
	r, c, sc := storageRuntime(t)
	at := func(id string, inherit bool) string {
		t.Helper()
		sc.ID, sc.Inherit = id, inherit
		list := []project.Mount{{Type: project.MountVolume, Target: "/b"}, {Type: project.MountVolume, Target: "/c"}}
		if err := r.resolveMounts(c, sc, list); err != nil {
			t.Fatal(err)
		}
		if c.rec.Mounts[0].From == c.rec.Mounts[1].From {
			t.Error("two targets have one volume")
		}
		return c.rec.Mounts[0].Volume
	}
	first := at("id1", false)
	if at("id1", false) != first {
		t.Error("the same container has another volume")
	}
	if at("id2", true) != first || at("id2", false) != first {
		t.Error("the next container did not inherit it")
	}
	if at("id3", false) == first {
		t.Error("a container that replaces none inherited a volume")
	}
	if _, err := os.Stat(r.vols.Path(first)); err != nil {
		t.Errorf("the old volume is gone: %v", err)
	}
}

func TestRemoveVolumes(t *testing.T) {
	r, _, _ := storageRuntime(t)
	p := &project.Project{Name: "p", Volumes: []project.Volume{{Key: "a", Name: "p_a"}, {Key: "ext", Name: "ext", External: true}, {Key: "s", Name: "stranger"}, {Key: "u", Name: "p_used"}}}
	for _, name := range []string{"ext", "stranger", "canary"} {
		if _, _, err := r.vols.Create(volumes.Volume{Name: name}); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.EnsureVolumes(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	if err := state.MakePrivate(r.dirs.ContainerData("q", "other")); err != nil {
		t.Fatal(err)
	}
	if _, err := r.vols.Attach(volumes.Owner{Project: "q", Container: "other"}, []volumes.Want{{Volume: volumes.Volume{Name: "p_used"}}}); err != nil {
		t.Fatal(err)
	}
	names, err := r.RemoveVolumes(t.Context(), p)
	if err != nil || len(names) != 1 || names[0] != "p_a" {
		t.Errorf("removed %q, %v: want p_a", names, err)
	}
	for _, name := range []string{"ext", "stranger", "canary", "p_used"} {
		if _, err := r.vols.Get(name); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	said := strings.Join(r.Notices(), "\n")
	if !strings.Contains(said, "stranger") || !strings.Contains(said, "p_used is in use by other") {
		t.Errorf("said %q", said)
	}
	p.Volumes = []project.Volume{{Key: "x", Name: "none", External: true}}
	if err := r.EnsureVolumes(t.Context(), p); err == nil || !strings.Contains(err.Error(), "mocker-compose volume create none") {
		t.Errorf("an external volume that is not there: %v", err)
	}
}
