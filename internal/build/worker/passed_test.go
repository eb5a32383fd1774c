package worker_test

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/build"
	"github.com/mocker-compose/mocker-compose/internal/testns"
)

// passEnv makes the test binary a program that passes files of its root to another
// step, or takes them: "give", "give open", "take".
const passEnv = "MOCKER_TEST_BUILD_PASS"

const passSocket, passGo = "/c/socket", "/c/go"

func pass(what string) int {
	do := func() error { return give(what == "give open") }
	if what == "take" {
		do = take
	}
	err := do()
	if err != nil {
		fmt.Println(err)
		return 1
	}
	return 0
}

// give passes the root directory to who asks, and a file that is open for writing.
func give(open bool) error {
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: passSocket, Net: "unix"})
	if err != nil {
		return err
	}
	l.SetUnlinkOnClose(false)
	root, err := unix.Open("/", unix.O_PATH|unix.O_DIRECTORY, 0)
	if err != nil {
		return err
	}
	if err := os.WriteFile("/made", []byte("before"), 0o644); err != nil { // 6 bytes, as what is written later
		return err
	}
	fds := []int{root}
	if open {
		fd, err := unix.Open("/made", unix.O_WRONLY, 0)
		if err != nil {
			return err
		}
		fds = append(fds, fd)
	}
	c, err := l.AcceptUnix()
	if err != nil {
		return err
	}
	if _, _, err = c.WriteMsgUnix([]byte("x"), unix.UnixRights(fds...), nil); err != nil {
		return err
	}
	_, _ = c.Read(make([]byte, 1)) // it has them
	return nil
}

// take waits until the giver's step is over, and writes into its files.
func take() error {
	var c *net.UnixConn
	var err error
	for range 500 {
		if c, err = net.DialUnix("unix", nil, &net.UnixAddr{Name: passSocket, Net: "unix"}); err == nil {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	if err != nil {
		return err
	}
	b, oob := make([]byte, 1), make([]byte, 256)
	_, n, _, _, err := c.ReadMsgUnix(b, oob)
	if err != nil {
		return err
	}
	list, err := unix.ParseSocketControlMessage(oob[:n])
	if err != nil {
		return err
	}
	fds, err := unix.ParseUnixRights(&list[0])
	if err != nil {
		return err
	}
	_, _ = c.Write(b)
	for range 1500 {
		if _, err := os.Stat(passGo); err == nil {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	fd, err := unix.Openat(fds[0], "planted", unix.O_CREAT|unix.O_WRONLY, 0o644)
	fmt.Println("new:", err)
	_ = unix.Close(fd)
	if len(fds) > 1 {
		_, err = unix.Write(fds[1], []byte("after!"))
		fmt.Println("open:", err)
	}
	return nil
}

// A layer is what its digest says: another step that was passed a directory of its files
// cannot change it, and where it could, there is no layer.
func TestFilesPassedOn(t *testing.T) {
	if !testns.Plain(t) {
		return
	}
	for _, instead := range []string{"", "MOCKER_FORCE_NO_OVERLAY"} {
		t.Run("with "+instead, func(t *testing.T) {
			if instead != "" {
				t.Setenv(instead, "1")
			}
			testFilesPassedOn(t)
		})
	}
}

func testFilesPassedOn(t *testing.T) {
	s := newSite(t)
	if s == nil {
		return
	}
	tool := openDir(t, t.TempDir())
	self, err := os.ReadFile("/proc/self/exe")
	if err == nil {
		err = os.WriteFile(tool.Name()+"/pass", self, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, what := range []string{"give", "give open"} {
		t.Run(what, func(t *testing.T) {
			s.t = t
			with := func(mode string) func(*build.RunJob) {
				return func(j *build.RunJob) {
					j.Run.Env = []string{passEnv + "=" + mode}
					j.Run.Mounts = []build.Mount{{Type: "bind", Target: "/tool", ReadOnly: true}, {Type: "cache", ID: what, Target: "/c", Sharing: "shared"}}
					j.Mounts = []build.Mounted{{Dir: tool}, {}}
				}
			}
			said := make(chan string, 1)
			go func() {
				_, out, err := s.run("/tool/pass", with("take"))
				said <- fmt.Sprint(out, err)
			}()
			l, out, err := s.run("/tool/pass", with(what))
			t.Logf("the giver: %v %q", err, out)
			// Of a file that is open there is either no layer, or (a copy) nobody's but ours.
			if what == "give" && err != nil {
				t.Errorf("%s: %v", what, err)
			}
			s.must("touch "+passGo, with(""))
			t.Logf("the taker: %s", <-said)
			if err != nil {
				return
			}
			fs := filepath.Join(s.dirs.Images(), "layers", l.Key, "fs")
			if b, err := os.ReadFile(filepath.Join(fs, "made")); string(b) != "before" {
				t.Errorf("made: %q, %v", b, err)
			}
			if names := s.layerOf(l); names != "made" {
				t.Errorf("the layer has %q", names)
			}
		})
	}
}
