package sandbox

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"
)

// A mask that cannot be put in place ends the start: nothing runs unmasked.
func TestMaskFailureEndsTheStart(t *testing.T) {
	other := exec.Command("sleep", "60")
	if err := other.Start(); err != nil {
		t.Skip(err)
	}
	defer func() {
		_ = other.Process.Kill()
		_ = other.Wait()
	}()
	// Our /proc has it, that of the sandbox's own pid namespace has not.
	path := fmt.Sprintf("/proc/%d", other.Process.Pid)
	for name, paths := range map[string][2][]string{"masked": {{path}, nil}, "read-only": {nil, {path}}} {
		s := spec(shell("echo it runs"))
		s.Linux.MaskedPaths, s.Linux.ReadonlyPaths = paths[0], paths[1]
		out, failed, code := run(t, Setup(hostContainer(t, s)))
		if out != "" || !strings.Contains(failed, path) || code != 127 {
			t.Errorf("%s: %q, %q (%d)", name, out, failed, code)
		}
	}
}

// The paths that this kernel has are covered, and cannot be uncovered.
func TestMasksStay(t *testing.T) {
	s := spec(shell("for p in " + strings.Join(MaskedPaths, " ") + "; do umount $p 2>/dev/null && echo $p; cat $p 2>/dev/null; ls -A $p 2>/dev/null | grep -v ^/; done | head -c 200"))
	if out, failed, _ := run(t, Setup(hostContainer(t, s))); out != "" || failed != "" {
		t.Errorf("got %q %q", out, failed)
	}
}
