package whycmd

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/supervisor/record"
)

// Lines come with their times; one without is kept whole.
func TestStamped(t *testing.T) {
	got := stamped("2026-03-01T12:00:00.000000001Z a  b\n2026-03-01T12:00:01Z\nodd one\n", "stderr")
	if len(got) != 3 || got[0].Text != "a  b" || got[0].At.Nanosecond() != 1 || got[1].Text != "" || got[2].Text != "odd one" || !got[2].At.IsZero() || got[0].Stream != "stderr" {
		t.Errorf("%+v", got)
	}
}

// What is bound is told with its owner, who is root in containers where it is oneself.
func TestBinds(t *testing.T) {
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o750); err != nil {
		t.Fatal(err)
	}
	var r record.Replica
	r.Service.Mounts = []project.Mount{
		{Type: project.MountBind, Source: dir, Target: "/data/"},
		{Type: project.MountBind, Source: filepath.Join(dir, "none"), Target: "/none", ReadOnly: true},
		{Type: project.MountVolume, Source: "v", Target: "/v"},
	}
	got := binds(&r, idsInside())
	if len(got) != 2 || got[0].Target != "/data" || got[0].Inside != 0 || got[0].Owner == "" || got[0].Mode.Perm() != 0o750 || !got[1].Missing || !got[1].ReadOnly {
		t.Errorf("%+v", got)
	}
}
