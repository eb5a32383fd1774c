package affinity

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/cpulist"
)

func TestMask(t *testing.T) {
	for _, want := range []string{"0", "0-1", "1,63-64", "5,100,8191"} {
		cpus, err := cpulist.Parse(want)
		if err != nil {
			t.Fatal(err)
		}
		m := Mask(cpus)
		if got := cpulist.Format(list(m)); got != want || len(m)%word != 0 {
			t.Errorf("%s: %s in %d bytes", want, got, len(m))
		}
	}
}

func TestPossible(t *testing.T) {
	have, err := get(0)
	if err != nil || len(have) == 0 {
		t.Fatalf("%v, %v", have, err)
	}
	if got, err := Possible(have[:1]); err != nil || !slices.Equal(got, have[:1]) {
		t.Errorf("%v, %v", got, err)
	}
	if got, err := Possible([]int{8191}); err == nil {
		t.Errorf("a processor that is not there: %v", got)
	}
	if got, err := Possible([]int{have[0], 8191}); err != nil || !slices.Equal(got, have[:1]) {
		t.Errorf("one of two: %v, %v", got, err)
	}
	// The thread that tried it is gone, and nobody else is bound.
	if now, err := get(0); err != nil || !slices.Equal(now, have) {
		t.Errorf("now %v, %v, was %v", now, err, have)
	}
}

// All threads of a process that makes threads and processes are bound, and those that
// are born later inherit it.
func TestBind(t *testing.T) {
	have, err := get(0)
	if err != nil || len(have) < 2 {
		t.Skip("there is one processor only")
	}
	cmd := exec.Command("sh", "-c", "while :; do sh -c 'grep Cpus_allowed_list /proc/self/status'; done")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }()
	members := func() ([]int, error) { return []int{cmd.Process.Pid}, nil }
	if err := Bind(members, cpulist.Format(have[:1])); err != nil {
		t.Fatal(err)
	}
	if got, err := get(cmd.Process.Pid); err != nil || !slices.Equal(got, have[:1]) {
		t.Errorf("it is bound to %v, %v", got, err)
	}
	want := "Cpus_allowed_list:\t" + cpulist.Format(have[:1])
	buf := make([]byte, 1<<16)
	for tries := 0; ; tries++ { // lines from before come first
		n, err := out.Read(buf)
		if err != nil || tries > 1000 {
			t.Fatalf("no child is bound: %v", err)
		}
		if strings.Contains(string(buf[:n]), want) {
			break
		}
	}
	if err := Bind(func() ([]int, error) { return []int{os.Getpid(), 1 << 30}, nil }, cpulist.Format(have)); err != nil {
		t.Errorf("one that has ended: %v", err)
	}
}
