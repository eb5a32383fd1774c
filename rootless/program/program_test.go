package program

import (
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// executors are the ways to run a list that this machine has.
func executors(t *testing.T) map[string]bool {
	t.Helper()
	m := map[string]bool{"portable": true}
	if HasStub {
		m["stub"] = false
	}
	return m
}

func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == "run-program" {
		Run(3, 4)
	}
	os.Exit(m.Run())
}

// launch runs p with its status descriptor at 4 and returns output, failure and exit code.
func launch(t *testing.T, p *Program, portable bool) (string, []byte, int) {
	t.Helper()
	f, err := p.Image(4, portable)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	cmd := exec.Command("/proc/self/fd/3")
	if portable {
		cmd = exec.Command("/proc/self/exe", "run-program")
	}
	cmd.ExtraFiles = []*os.File{f, w}
	var out strings.Builder
	cmd.Stdout = &out
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	w.Close()
	report, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	return out.String(), report, cmd.ProcessState.ExitCode()
}

func each(t *testing.T, f func(t *testing.T, portable bool)) {
	for name, portable := range executors(t) {
		t.Run(name, func(t *testing.T) { f(t, portable) })
	}
}

func write(p *Program, text string) {
	p.Do("write", unix.SYS_WRITE, 1, text, len(text))
}

func sh(p *Program, line string) {
	p.Do("close our descriptors", unix.SYS_CLOSE_RANGE, 3, uint32(0xffffffff), unix.CLOSE_RANGE_CLOEXEC)
	p.Do("execute sh", unix.SYS_EXECVE, "/bin/sh", []string{"sh", "-c", line}, []string{"A=b"})
}

func TestStepsThenExec(t *testing.T) {
	each(t, func(t *testing.T, portable bool) {
		var p Program
		write(&p, "one ")
		dup := p.Do("dup", unix.SYS_DUP, 1).Save()
		p.Do("write to the copy", unix.SYS_WRITE, dup, "two ", 4)
		p.Do("must fail", unix.SYS_CLOSE, 999).Ignore()
		sh(&p, `echo "three $A $(ls /proc/self/fd | wc -l)"; exit 5`)
		out, report, code := launch(t, &p, portable)
		if out != "one two three b 4\n" || len(report) != 0 || code != 5 {
			t.Errorf("got %q, report %v, code %d", out, report, code)
		}
	})
}

func TestFailureIsReported(t *testing.T) {
	each(t, func(t *testing.T, portable bool) {
		var p Program
		write(&p, "x")
		p.Do("enter /does/not/exist", unix.SYS_CHDIR, "/does/not/exist")
		sh(&p, "echo not reached")
		out, report, code := launch(t, &p, portable)
		f, ok := ParseFailure(report)
		if !ok || f.Errno != unix.ENOENT || p.What(f.Step) != "enter /does/not/exist" || out != "x" || code != 127 {
			t.Errorf("got %q, failure %v %v, code %d", out, f, ok, code)
		}
	})
}

func TestForkIsAnInit(t *testing.T) {
	for line, want := range map[string]int{"exit 7": 7, "kill -9 $$": 137, "sleep 0.1 & exit 0": 0} {
		t.Run(line, func(t *testing.T) {
			each(t, func(t *testing.T, portable bool) {
				var p Program
				p.Fork()
				sh(&p, line)
				if _, report, code := launch(t, &p, portable); code != want || len(report) != 0 {
					t.Errorf("code %d, report %v, want %d", code, report, want)
				}
			})
		})
	}
}

func TestSixArguments(t *testing.T) {
	each(t, func(t *testing.T, portable bool) {
		var p Program
		const prot, flags = unix.PROT_READ | unix.PROT_WRITE, unix.MAP_PRIVATE | unix.MAP_ANONYMOUS
		at := p.Do("map", unix.SYS_MMAP, 0, 8192, prot, flags, uintptr(^uint32(0)), 0).Save()
		p.Do("unmap", unix.SYS_MUNMAP, at, 8192)
		write(&p, "ok")
		p.Do("exit", unix.SYS_EXIT_GROUP, 3)
		if out, _, code := launch(t, &p, portable); out != "ok" || code != 3 {
			t.Errorf("got %q, code %d", out, code)
		}
	})
}

func TestRanOut(t *testing.T) {
	each(t, func(t *testing.T, portable bool) {
		if _, _, code := launch(t, &Program{}, portable); code != 127 {
			t.Errorf("a list without an end exits %d, want 127", code)
		}
	})
}

func TestBadPrograms(t *testing.T) {
	var nul Program
	nul.Do("x", unix.SYS_CHDIR, "a\x00b")
	var odd Program
	odd.Do("x", unix.SYS_CHDIR, 1.5)
	var slots Program
	for range maxSlots + 1 {
		slots.Do("x", unix.SYS_GETPID).Save()
	}
	for name, p := range map[string]*Program{"NUL": &nul, "type": &odd, "slots": &slots} {
		if _, err := p.Image(4, false); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func BenchmarkImage(b *testing.B) {
	for b.Loop() {
		var p Program
		for range 90 {
			p.Do("mount a thing", unix.SYS_CHDIR, "/somewhere")
		}
		f, err := p.Image(4, false)
		if err != nil {
			b.Fatal(err)
		}
		f.Close()
	}
}
