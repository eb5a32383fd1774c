package watch

import (
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/fsnotify/fsnotify"
	"golang.org/x/sys/unix"
)

// Without an inotify instance everything is polled, and it is said why.
func TestNoInstance(t *testing.T) {
	old := newWatcher
	newWatcher = func() (*fsnotify.Watcher, error) { return nil, unix.EMFILE }
	defer func() { newWatcher = old }()
	s := watching(t, newFake("web-1"), []string{"src/a", "src/sub/b"}, rule("web", "src", "sync", "/app"))
	if !strings.Contains(s.heard(), "fs.inotify.max_user_instances") {
		t.Errorf("said %q", s.heard())
	}
	s.run()
	s.polled()
}

// polled: all kinds of changes are seen by looking.
func (s *stage) polled() {
	s.Helper()
	s.write("src/a", "new")
	s.write("src/sub/b", "newer")
	s.write("src/deep/er/c", "new")
	s.has("web-1", "/app/a=new", "/app/deep/er/c=new", "/app/sub/b=newer")
	s.must(os.RemoveAll(s.path("src/sub")))
	s.write("src/deep/er/c", "changed")
	s.has("web-1", "/app/a=new", "/app/deep/er/c=changed")
}

// Where the user's inotify watches run out, it is said with what raises the limit, and
// the other directories are polled. The limit is that of a user namespace of our own.
func TestNoWatchLeft(t *testing.T) {
	const inside = "MOCKER_TEST_WATCH_LIMIT"
	if os.Getenv(inside) == "" {
		cmd := exec.CommandContext(t.Context(), "/proc/self/exe", "-test.run=^TestNoWatchLeft$", "-test.v")
		cmd.Env = append(os.Environ(), inside+"=1")
		cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWUSER,
			UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}}}
		out, err := cmd.CombinedOutput()
		if strings.Contains(string(out), "--- SKIP") || err != nil && len(out) == 0 {
			t.Skipf("no user namespace whose limit could be lowered: %v\n%s", err, out)
		}
		if err != nil {
			t.Errorf("%v\n%s", err, out)
		}
		return
	}
	if err := os.WriteFile("/proc/sys/user/max_inotify_watches", []byte("4"), 0); err != nil {
		t.Skipf("the limit of a user namespace cannot be lowered: %v", err)
	}
	s := watching(t, newFake("web-1"), []string{"src/a", "src/sub/b", "src/1/x", "src/2/x", "src/3/x", "src/4/x"}, rule("web", "src", "sync", "/app"))
	if got := s.heard(); strings.Count(got, "fs.inotify.max_user_watches") != 1 {
		t.Errorf("said %q", got)
	}
	if len(s.w.notifier.polled) == 0 {
		t.Fatal("the limit was not met")
	}
	s.run()
	s.polled()
}
