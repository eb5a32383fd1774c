package mounts

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/exchange"
	"github.com/mocker-compose/mocker-compose/internal/state"
	"github.com/mocker-compose/mocker-compose/internal/volumes"
	"github.com/mocker-compose/mocker-compose/project"
)

// world is a keeper with directories, and what it has said.
type world struct {
	*Keeper
	dirs state.Dirs
	said []string
}

func newWorld(t *testing.T) *world {
	t.Helper()
	top := t.TempDir()
	w := &world{dirs: state.Dirs{Run: filepath.Join(top, "run"), Data: filepath.Join(top, "data")}}
	scratch := filepath.Join(top, "scratch")
	if err := os.Mkdir(scratch, 0o700); err != nil {
		t.Fatal(err)
	}
	w.Keeper = &Keeper{
		Project: "p", Volumes: volumes.Open(w.dirs),
		Here: func(name string) string { return filepath.Join(scratch, name) }, Inside: func(name string) string { return "/scratch/" + name },
		Notice: func(text string) { w.said = append(w.said, text) },
	}
	if err := state.MakePrivate(w.dirs.ContainerData("p", "p-s-1")); err != nil {
		t.Fatal(err)
	}
	return w
}

// owner is a container of the project.
func owner(id string, inherit bool) volumes.Owner {
	return volumes.Owner{Project: "p", Container: "p-s-1", ID: id, Inherit: inherit}
}

func TestMountOptions(t *testing.T) {
	k := newWorld(t)
	dir := t.TempDir()
	p := &project.Project{Name: "p", Volumes: []project.Volume{
		{Key: "db", Name: "given-name"}, {Key: "dev", Name: "p_dev", Options: map[string]string{"type": "none", "o": "bind,ro", "device": dir}},
	}}
	if err := k.Ensure(p.Volumes); err != nil {
		t.Fatal(err)
	}
	vol := k.dirs.Volumes()
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
		list, err := k.Resolve(owner("id1", false), []project.Mount{x.in}, nil)
		if err != nil {
			t.Fatal(err)
		}
		m := k.Spec(list[0], exchange.IDs{})
		got := strings.Join([]string{m.Type, m.Source, m.Destination, strings.Join(m.Options, ",")}, " ")
		if got != x.want {
			t.Errorf("got %q, want %q", got, x.want)
		}
	}
	k.SingleID = true
	if got := k.tmpfsOptions([]string{"uid=7", "gid=0"}); len(got) != 1 || len(k.said) != 1 {
		t.Errorf("with one id: %q", got)
	}
}

// Anonymous volumes go from a container to the one that takes its place, and to
// no other.
func TestAnonymousVolumes(t *testing.T) {
	k := newWorld(t)
	at := func(id string, inherit bool) string {
		t.Helper()
		list := []project.Mount{{Type: project.MountVolume, Target: "/b"}, {Type: project.MountVolume, Target: "/c"}}
		got, err := k.Resolve(owner(id, inherit), list, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got[0].From == got[1].From {
			t.Error("two targets have one volume")
		}
		return got[0].Volume
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
	if _, err := os.Stat(k.Volumes.Path(first)); err != nil {
		t.Errorf("the old volume is gone: %v", err)
	}
}

func TestRemoveVolumes(t *testing.T) {
	k := newWorld(t)
	p := &project.Project{Name: "p", Volumes: []project.Volume{{Key: "a", Name: "p_a"}, {Key: "ext", Name: "ext", External: true}, {Key: "s", Name: "stranger"}, {Key: "u", Name: "p_used"}}}
	for _, name := range []string{"ext", "stranger", "canary"} {
		if _, _, err := k.Volumes.Create(volumes.Volume{Name: name}); err != nil {
			t.Fatal(err)
		}
	}
	if err := k.Ensure(p.Volumes); err != nil {
		t.Fatal(err)
	}
	if err := state.MakePrivate(k.dirs.ContainerData("q", "other")); err != nil {
		t.Fatal(err)
	}
	if _, err := k.Volumes.Attach(volumes.Owner{Project: "q", Container: "other"}, []volumes.Want{{Volume: volumes.Volume{Name: "p_used"}}}); err != nil {
		t.Fatal(err)
	}
	names, err := k.Remove(p.Volumes)
	if err != nil || len(names) != 1 || names[0] != "p_a" {
		t.Errorf("removed %q, %v: want p_a", names, err)
	}
	for _, name := range []string{"ext", "stranger", "canary", "p_used"} {
		if _, err := k.Volumes.Get(name); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	said := strings.Join(k.said, "\n")
	if !strings.Contains(said, "stranger") || !strings.Contains(said, "p_used is in use by other") {
		t.Errorf("said %q", said)
	}
	p.Volumes = []project.Volume{{Key: "x", Name: "none", External: true}}
	if err := k.Ensure(p.Volumes); err == nil || !strings.Contains(err.Error(), "mocker-compose volume create none") {
		t.Errorf("an external volume that is not there: %v", err)
	}
}

// With exchanged ids a tmpfs belongs to whom the file says, as the container sees him.
func TestTmpfsOfExchanged(t *testing.T) {
	k := newWorld(t)
	x := exchange.IDs{UID: 999, GID: 998}
	for in, want := range map[string]string{
		"":                "uid=999,gid=998",
		"uid=999,gid=998": "",
		"uid=7":           "uid=7,gid=998",
		"gid=0":           "uid=999,gid=998",
	} {
		m := k.Spec(Mount{Mount: project.Mount{Type: project.MountTmpfs, Target: "/t", Options: slices.DeleteFunc(strings.Split(in, ","), func(o string) bool { return o == "" })}}, x)
		if got := strings.Join(m.Options[2:], ","); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

// Who takes mounts over keeps his own at the same target, and writes no more than the
// other may.
func TestTaken(t *testing.T) {
	of := func(name string) ([]Mount, error) {
		if name != "a" {
			return nil, os.ErrNotExist
		}
		return []Mount{
			{Mount: project.Mount{Type: project.MountBind, Target: "/own"}}, {Mount: project.Mount{Type: project.MountBind, Target: "/b", ReadOnly: true}},
			{Mount: project.Mount{Type: project.MountTmpfs, Target: "/t"}}, {Mount: project.Mount{Type: project.MountVolume, Target: "/v"}, Volume: "v"},
		}, nil
	}
	own := []project.Mount{{Target: "/own"}}
	got, err := Taken(own, []project.VolumesFrom{{Container: "a"}, {Container: "a", ReadOnly: true}}, of)
	if err != nil || len(got) != 2 || got[0].Target != "/b" || !got[0].ReadOnly || got[1].Target != "/v" || got[1].ReadOnly || !got[1].Shared {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := Taken(nil, []project.VolumesFrom{{Container: "b"}}, of); err == nil {
		t.Error("took over from nobody")
	}
}

// A bind is made only where the file allows it, and a volume in memory is mounted.
func TestSources(t *testing.T) {
	k := newWorld(t)
	var mounted []string
	k.MountTmpfs = func(path string, options []string) error {
		mounted = append(mounted, path+" "+strings.Join(options, ","))
		return nil
	}
	dir := filepath.Join(t.TempDir(), "new", "dir")
	if _, err := k.Resolve(owner("1", false), []project.Mount{{Type: project.MountBind, Source: dir, Target: "/b"}}, nil); err == nil {
		t.Error("a bind of nothing was accepted")
	}
	if _, err := k.Resolve(owner("1", false), []project.Mount{{Type: project.MountBind, Source: dir, Target: "/b", CreateHostPath: true}}, nil); err != nil {
		t.Error(err)
	}
	if st, err := os.Stat(dir); err != nil || !st.IsDir() {
		t.Errorf("the source was not made: %v", err)
	}
	if err := k.Ensure([]project.Volume{{Key: "m", Name: "p_m", Options: map[string]string{"type": "tmpfs", "device": "tmpfs", "o": "size=4096"}}}); err != nil {
		t.Fatal(err)
	}
	list, err := k.Resolve(owner("1", false), []project.Mount{{Type: project.MountVolume, Source: "m", Target: "/m"}}, nil)
	if err != nil || len(mounted) != 1 || mounted[0] != "/scratch/volumes/p_m size=4096" {
		t.Errorf("%q, %v", mounted, err)
	}
	if list[0].From != "/scratch/volumes/p_m" || k.Seen(list[0]) != k.Here("volumes/p_m") {
		t.Errorf("%+v", list[0])
	}
}
