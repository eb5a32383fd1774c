package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/state"
)

// cleanUp takes the project down if the tour did not come to its end, and shows
// the log if that was for an error.
func (t *tour) cleanUp(cause error) error {
	if t.over {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if cause != nil {
		if out, err := t.output(ctx, "logs", "--no-color", "--tail", "20"); err == nil && len(out) > 0 {
			fmt.Fprintf(os.Stderr, "demo: the last lines of the log:\n%s", out)
		}
	}
	_, err := t.output(ctx, "down", "-t", "1")
	return err
}

// leftovers looks for all that the project might have left: processes of its
// program, files in the run and data directories, the published port.
func (t *tour) leftovers(ctx context.Context) []string {
	var left []string
	shop, err := filepath.Abs(filepath.Join(t.dir, "bin", "shop"))
	if err != nil {
		return []string{err.Error()}
	}
	links, _ := filepath.Glob("/proc/[0-9]*/exe") // the pattern is well formed
	for _, link := range links {
		if exe, err := os.Readlink(link); err == nil && strings.HasPrefix(exe, shop) {
			left = append(left, "process "+filepath.Base(filepath.Dir(link)))
		}
	}
	dirs, err := state.ResolveDirs(os.Getenv)
	if err != nil {
		return append(left, err.Error())
	}
	for _, d := range []string{dirs.ProjectRun(t.name), dirs.ProjectData(t.name)} {
		if _, err := os.Lstat(d); err == nil {
			left = append(left, "directory "+d)
		}
	}
	var dialer net.Dialer
	if c, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(t.port))); err == nil {
		c.Close()
		left = append(left, fmt.Sprintf("port %d still answers", t.port))
	}
	return left
}
