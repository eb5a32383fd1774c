package ingest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/confine"
	"github.com/mocker-compose/mocker-compose/internal/image"
)

// TestMain lets the test's own binary be the process under test.
func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == "__role" && os.Args[2] == image.Role {
		status, err := os.Open("/proc/self/status") // there is none, once confined
		if err != nil {
			os.Exit(3)
		}
		code := Run(os.Args[3:])
		_, _ = io.Copy(os.Stderr, status)
		os.Exit(code)
	}
	if len(os.Args) == 4 && os.Args[1] == clientArg {
		os.Exit(client(os.Args[2], os.Args[3]))
	}
	os.Exit(m.Run())
}

// childStore loads in a child process, confined; the test must be root of a
// user namespace. The child's peak of memory goes to *peak, in KiB.
func childStore(t *testing.T, dir string, peak *int64) *image.Store {
	t.Helper()
	s, err := image.Open(filepath.Join(dir, "images"))
	if err != nil {
		t.Fatal(err)
	}
	s.Start = startChild(peak, func(text string) { t.Errorf("VmHWM: %s", text) })
	return s
}

// startChild starts this test's binary as the child.
func startChild(peak *int64, wrong func(string)) image.Start {
	return func(ctx context.Context, args []string, stdio [3]*os.File, isolated bool) (int, error) {
		cmd := exec.CommandContext(ctx, "/proc/self/exe", append([]string{"__role"}, args...)...)
		var said bytes.Buffer
		cmd.Stdin, cmd.Stdout, cmd.Stderr = stdio[0], stdio[1], &said
		if isolated {
			cmd.SysProcAttr = confine.Attributes()
		}
		err := cmd.Run()
		if _, rest, ok := strings.Cut(said.String(), "VmHWM:"); ok && peak != nil {
			if _, err := fmt.Sscan(rest, peak); err != nil {
				wrong(err.Error())
			}
		}
		if cmd.ProcessState == nil {
			return 0, err
		}
		return cmd.ProcessState.ExitCode(), nil
	}
}

// number reads a test's size from the environment.
func number(name string, otherwise int) int {
	if n, err := strconv.Atoi(os.Getenv(name)); err == nil {
		return n
	}
	return otherwise
}
