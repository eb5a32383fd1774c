package host

import (
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/supervisor"
)

func TestMergeEnv(t *testing.T) {
	got := mergeEnv([]string{"A=1", "B=2", "AB=3"}, []string{"A=x=y", "C=", "B"})
	if want := []string{"AB=3", "A=x=y", "C="}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestWorkingDir(t *testing.T) {
	sc := &supervisor.Container{Dir: "/home/me/proj"}
	hostRoot, image := &container{}, &container{rec: record{Lower: "/x"}}
	if d := workingDir(hostRoot, sc); d != "/home/me/proj" {
		t.Errorf("on the host's root: %s", d)
	}
	if d := workingDir(image, sc); d != "/" {
		t.Errorf("in an image: %s", d)
	}
	sc.Service.WorkingDir = "/srv"
	if d := workingDir(hostRoot, sc); d != "/srv" {
		t.Errorf("as the file says: %s", d)
	}
}

func TestProcessOptions(t *testing.T) {
	r := &Runtime{}
	sc := &supervisor.Container{ID: strings.Repeat("ab", 32)}
	if _, err := r.process(&container{}, sc); err == nil {
		t.Error("a service without a command was accepted")
	}
	sc.Service.Entrypoint, sc.Service.Command = []string{"e"}, []string{"c", "d"}
	sc.Service.SecurityOpt = []string{"no-new-privileges=true"}
	p, err := r.process(&container{}, sc)
	if err != nil || !p.NoNewPrivileges || !slices.Equal(p.Args, []string{"e", "c", "d"}) || len(p.Capabilities.Bounding) != 14 {
		t.Errorf("%+v %v", p, err)
	}
	if !slices.Contains(p.Env, "HOSTNAME=abababababab") {
		t.Errorf("environment %q", p.Env)
	}
	sc.Service.CapAdd = []string{"NO_SUCH"}
	if _, err := r.process(&container{}, sc); err == nil {
		t.Error("an unknown capability was accepted")
	}
}

func TestExplain(t *testing.T) {
	for _, c := range []struct {
		what  string
		errno unix.Errno
		want  string
		code  int
	}{
		{"execute nginx", unix.ENOENT, "exec nginx: executable file not found in $PATH", 127},
		{"execute ./run", unix.ENOENT, "exec ./run: no such file or directory (or the interpreter that it names is missing)", 127},
		{"execute ./run", unix.EACCES, "exec ./run: permission denied", 126},
		{"execute ./run", unix.ENOEXEC, "exec ./run: exec format error", 126},
		{"open mount point /x", unix.ENOENT, "launch open mount point /x: no such file or directory", 0},
		{"enter working directory /x", unix.ENOENT, "enter working directory /x: no such file or directory", 0},
	} {
		e, ok := explain(c.what, c.errno).(*supervisor.StartError)
		if !ok || e.Error() != c.want || e.Code != c.code || (e.Hint == "") != (e.Stage == "enter working directory") {
			t.Errorf("got %q (%d, %q), want %q (%d)", e, e.Code, e.Hint, c.want, c.code)
		}
	}
}
