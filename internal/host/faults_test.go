package host

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/capability"
	"github.com/mocker-compose/mocker-compose/internal/host/launch"
	"github.com/mocker-compose/mocker-compose/internal/state"
	"github.com/mocker-compose/mocker-compose/internal/wire"
	"github.com/mocker-compose/mocker-compose/rootless"
	"github.com/mocker-compose/mocker-compose/rootless/program"
	"github.com/mocker-compose/mocker-compose/rootless/sandbox"
)

// TestMain plays the roles of the holders, which execute /proc/self/exe: the
// test binary. The supervisor is the test itself, in the user namespace.
func TestMain(m *testing.M) {
	if len(os.Args) < 3 || os.Args[1] != rootless.RoleArg {
		os.Exit(m.Run())
	}
	ready := os.NewFile(3, "ready")
	if os.Args[2] == rootless.RoleProgram {
		program.Run(3, 4)
	}
	dirs := state.Dirs{Run: os.Args[3], Data: os.Args[4]}
	switch os.Args[2] {
	case rootless.RoleUserHolder:
		os.Exit(rootless.RunUserHolder(dirs, ready))
	case rootless.RoleProjectHolder:
		os.Exit(rootless.RunProjectHolder(dirs, os.Args[5], ready))
	case rootless.RoleSupervisor:
		os.Exit(faultSupervisor(dirs, os.Args[5], ready))
	}
	os.Exit(2)
}

// faultSupervisor does the test: it is where a supervisor is. What it finds goes
// into a file beside the data.
func faultSupervisor(dirs state.Dirs, project string, ready *os.File) int {
	l, err := wire.Listen(dirs.APISocket(project))
	if err != nil {
		fmt.Fprint(ready, err)
		return 1
	}
	defer l.Close()
	_, _ = ready.Write([]byte{0})
	ready.Close()
	h, err := rootless.ConnectHolder(context.Background(), dirs, project)
	if err != nil {
		return 1
	}
	text := injectFaults(h, dirs)
	_ = os.WriteFile(filepath.Join(dirs.Data, "half"), []byte(text), 0o600)
	_ = os.Rename(filepath.Join(dirs.Data, "half"), filepath.Join(dirs.Data, "found"))
	_ = h.End()
	_ = os.RemoveAll(dirs.ProjectRun(project))
	return 0
}

// TestFaultsInSetUp: a set-up whose process fails, is killed or stands still, at
// each of its steps, at a start and at an exec, ends in time with a message that
// names the step and why, and leaves nobody behind.
func TestFaultsInSetUp(t *testing.T) {
	dir, err := os.MkdirTemp("", "faults") // short: it holds sockets
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	dirs := state.Dirs{Run: dir + "/run", Data: dir + "/data"}
	if err := os.MkdirAll(dirs.Data, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := rootless.EnsureProject(t.Context(), dirs, "p", func(string) {}); err != nil {
		if errors.Is(err, os.ErrPermission) {
			t.Skipf("user namespaces are forbidden here: %v", err)
		}
		t.Fatal(err)
	}
	for deadline := time.Now().Add(2 * time.Minute); ; time.Sleep(20 * time.Millisecond) {
		b, err := os.ReadFile(filepath.Join(dirs.Data, "found"))
		if err == nil {
			lines := strings.Split(strings.TrimSpace(string(b)), "\n")
			t.Log(lines[0])
			for _, l := range lines[1:] {
				t.Error(l)
			}
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("a fault made the set-up hang")
		}
	}
}

// faults does the injecting.
type faults struct {
	r     *Runtime
	dirs  state.Dirs
	found []string
	tried int
	n     int
}

func injectFaults(h *rootless.HolderClient, dirs state.Dirs) string {
	f := &faults{r: &Runtime{holder: h, dirs: dirs, project: "p", portable: rootless.UsePortable()}, dirs: dirs}
	f.each("start", f.setup)
	c, err := f.launch(f.setup())
	if err != nil {
		f.found = append(f.found, "without a fault: "+err.Error())
	} else {
		f.each("exec", func() *sandbox.Prepared {
			return sandbox.Join(sandbox.Command{Process: f.process("true"), Pidfd: c.Pidfd, SingleID: true, HostNet: true})
		})
		_ = c.Signal(unix.SIGKILL)
		<-c.Done
		_ = h.Forget(c.Name)
	}
	if list, err := h.Children(); err != nil || len(list) > 0 {
		f.found = append(f.found, fmt.Sprintf("left in the holder's table: %d lines, %v", len(list), err))
	}
	return fmt.Sprintf("%d faults\n", f.tried) + strings.Join(f.found, "\n")
}

func (f *faults) process(args ...string) *specs.Process {
	caps := capability.Default
	return &specs.Process{Args: args, Cwd: "/tmp", Env: []string{"PATH=/bin:/usr/bin"}, Capabilities: &specs.LinuxCapabilities{Bounding: caps, Permitted: caps, Effective: caps}}
}

func (f *faults) setup() *sandbox.Prepared {
	s := &specs.Spec{
		Hostname: "box", Process: f.process("sleep", "1000"), Root: &specs.Root{},
		Mounts: []specs.Mount{{Type: "tmpfs", Destination: "/mem"}, {Type: "bind", Source: "/etc/passwd", Destination: "/run/passwd", Options: []string{"bind"}}},
		Linux:  &specs.Linux{MaskedPaths: sandbox.MaskedPaths, ReadonlyPaths: sandbox.ReadonlyPaths},
	}
	return sandbox.Setup(sandbox.Container{Spec: s, MountPoint: f.r.holder.Root, SingleID: true})
}

func (f *faults) launch(p *sandbox.Prepared) (*rootless.Child, error) {
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	defer null.Close()
	f.n++
	return f.r.start(context.Background(), fmt.Sprintf("x/%d", f.n), p, [3]*os.File{null, null, null})
}

// each injects every fault at every step.
func (f *faults) each(kind string, prepare func() *sandbox.Prepared) {
	steps := prepare().Program.Len()
	dies, stalls := 5, 40 // of so many steps, one
	if os.Getenv("MOCKER_FAULT_ALL") != "" {
		dies, stalls = 1, 8
	}
	for i := range steps {
		p := prepare()
		mark, must := p.Program.Break(i, program.Fail)
		f.one(kind, "fail", p, i, must, p.Program.What(i), "bad file descriptor")
		if i%dies == 0 {
			p = prepare()
			p.Program.Break(i, program.Die)
			f.one(kind, "die", p, i, true, mark, "interrupted system call")
		}
		if i%stalls == 0 {
			p = prepare()
			p.Program.Break(i, program.Stall)
			standard := launch.Limit
			launch.Limit = 300 * time.Millisecond
			f.one(kind, "stall", p, i, true, mark, "timed out")
			launch.Limit = standard
		}
	}
}

// one launches a broken program. must tells that it cannot do without the step.
func (f *faults) one(kind, how string, p *sandbox.Prepared, i int, must bool, object, why string) {
	f.tried++
	begin := time.Now()
	c, err := f.launch(p)
	at := fmt.Sprintf("%s, %s at step %d (%s)", kind, how, i, p.Program.What(i))
	if took := time.Since(begin); took > launch.Limit+20*time.Second {
		f.found = append(f.found, fmt.Sprintf("%s: hung for %v", at, took))
	}
	switch {
	case err == nil:
		_ = c.Signal(unix.SIGKILL)
		<-c.Done
		_ = f.r.holder.Forget(c.Name)
		if must && !strings.HasPrefix(object, sandbox.ExecWhat) {
			f.found = append(f.found, at+": counts as started")
		}
	case strings.HasPrefix(object, sandbox.ExecWhat):
	case !must && strings.Contains(err.Error(), "mount point"): // what needed the step says so
	case !strings.Contains(err.Error(), object) || !strings.Contains(err.Error(), why):
		f.found = append(f.found, fmt.Sprintf("%s: the message lacks %q or %q: %v", at, object, why, err))
	}
}
