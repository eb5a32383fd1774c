package uplinks

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/netstack"
	"github.com/mocker-compose/mocker-compose/netstack/uplink"
	"github.com/mocker-compose/mocker-compose/rootless"
	"github.com/mocker-compose/mocker-compose/rootless/sandbox"
)

// fakeNet is a router namespace without a kernel.
type fakeNet struct {
	mu     sync.Mutex
	name   string
	refuse string // this uplink cannot be had
	deaf   bool   // helpers do not attach
	set    []string
}

func (n *fakeNet) WayOut() string { n.mu.Lock(); defer n.mu.Unlock(); return n.name }
func (*fakeNet) WayOutFits() bool { return true }

func (n *fakeNet) CheckWayOut(name string) (*uplink.Helper, error) {
	switch {
	case name == n.refuse:
		return nil, errors.New("cannot be had")
	case plain(name):
		return nil, nil //nolint:nilnil // as the real one
	}
	return &uplink.Helper{Name: name, Program: "/bin/" + name}, nil
}

func (n *fakeNet) SetWayOut(name, _ string) (*uplink.Helper, []string, error) {
	h, err := n.CheckWayOut(name)
	if err == nil {
		n.mu.Lock()
		n.name, n.set = name, append(n.set, name)
		n.mu.Unlock()
	}
	return h, []string{name}, err
}

func (n *fakeNet) Attached(ended <-chan struct{}) (bool, error) {
	n.mu.Lock()
	deaf := n.deaf
	n.mu.Unlock()
	if !deaf {
		return true, nil
	}
	<-ended
	return false, nil
}

// fakeHolder starts processes that are none.
type fakeHolder struct {
	mu      sync.Mutex
	running map[string]chan rootless.ChildInfo
	started []string
	most    int // that ran at the same time
	gone    chan struct{}
	dead    bool // what is started ends at once
}

func (h *fakeHolder) Start(_ context.Context, name string, _ *sandbox.Prepared, _ [3]*os.File) (*rootless.Child, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	done := make(chan rootless.ChildInfo, 1)
	h.started = append(h.started, name)
	if h.dead {
		done <- rootless.ChildInfo{Name: name, Ended: time.Now(), Status: 1 << 8}
		close(done)
	} else {
		h.running[name] = done
		h.most = max(h.most, len(h.running))
	}
	return &rootless.Child{ChildInfo: rootless.ChildInfo{Name: name}, Done: done}, nil
}

func (h *fakeHolder) Forget(string) error   { return nil }
func (h *fakeHolder) Gone() <-chan struct{} { return h.gone }

// die ends all that runs, as kill -9 does.
func (h *fakeHolder) die() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for name, done := range h.running {
		delete(h.running, name)
		done <- rootless.ChildInfo{Name: name, Ended: time.Now(), Status: uint32(unix.SIGKILL)}
		close(done)
	}
}

func (h *fakeHolder) starts() int { h.mu.Lock(); defer h.mu.Unlock(); return len(h.started) }

type stage struct {
	*Keeper
	net    *fakeNet
	holder *fakeHolder
	mu     sync.Mutex
	told   []string
}

func newStage(t *testing.T) *stage {
	t.Helper()
	s := &stage{
		net:    &fakeNet{name: netstack.Relay},
		holder: &fakeHolder{running: map[string]chan rootless.ChildInfo{}, gone: make(chan struct{})},
	}
	router, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	s.Keeper = Open(Config{
		Net: s.net, Holder: s.holder, Router: router, Log: filepath.Join(t.TempDir(), "log"),
		Tell: func(action, helper, why string) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.told = append(s.told, strings.TrimSpace(action+" "+helper+" "+why))
		},
	})
	t.Cleanup(func() { close(s.holder.gone); s.Close(); router.Close() })
	return s
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not seen: %s", what)
		}
	}
}

func TestEnsure(t *testing.T) {
	s := newStage(t)
	for range 2 { // the second time there is nothing to do
		if err := s.Ensure(t.Context(), "pasta"); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Ensure(t.Context(), ""); err != nil || s.holder.starts() != 1 || s.net.WayOut() != "pasta" {
		t.Errorf("%v, %d starts, uplink %s", err, s.holder.starts(), s.net.WayOut())
	}
}

// What cannot be had leaves all as it was.
func TestEnsureRefused(t *testing.T) {
	s := newStage(t)
	s.net.refuse = "slirp4netns"
	if err := s.Ensure(t.Context(), "pasta"); err != nil {
		t.Fatal(err)
	}
	if err := s.Ensure(t.Context(), "slirp4netns"); err == nil {
		t.Error("no error")
	}
	if !slices.Equal(s.net.set, []string{"pasta"}) || s.holder.starts() != 1 {
		t.Errorf("set %v, %d starts", s.net.set, s.holder.starts())
	}
}

// A helper that does not come up is no reason to be without the way out that
// there was.
func TestEnsureGoesBack(t *testing.T) {
	s := newStage(t)
	s.holder.dead, s.net.deaf = true, true
	err := s.Ensure(t.Context(), "pasta")
	if err == nil || !strings.Contains(err.Error(), "ended at once: exit 1") {
		t.Errorf("error %v", err)
	}
	if s.net.WayOut() != netstack.Relay || len(s.holder.running) != 0 {
		t.Errorf("uplink %s, %d helpers", s.net.WayOut(), len(s.holder.running))
	}
}

func TestHelperIsStartedAgain(t *testing.T) {
	s := newStage(t)
	if err := s.Ensure(t.Context(), "pasta"); err != nil {
		t.Fatal(err)
	}
	told := func(n int) {
		t.Helper()
		eventually(t, "what is told", func() bool { s.mu.Lock(); defer s.mu.Unlock(); return len(s.told) == n })
	}
	const deaths = 4
	for n := range deaths {
		told(2*n + 1)
		s.holder.die()
	}
	told(2*deaths + 1)
	if s.holder.most != 1 {
		t.Errorf("%d helpers at the same time", s.holder.most)
	}
	if got := fmt.Sprint(s.told[:3]); got != "[start pasta die pasta killed by SIGKILL start pasta]" {
		t.Errorf("told %s", got)
	}
}

// While no helper comes up that is the trouble of the project.
func TestTrouble(t *testing.T) {
	s := newStage(t)
	if err := s.Ensure(t.Context(), "pasta"); err != nil || s.Trouble() != "" {
		t.Fatalf("%v, trouble %q", err, s.Trouble())
	}
	s.net.mu.Lock()
	s.net.deaf = true
	s.net.mu.Unlock()
	s.holder.mu.Lock()
	s.holder.dead = true
	s.holder.mu.Unlock()
	s.holder.die()
	eventually(t, "the trouble", func() bool { return strings.Contains(s.Trouble(), "ended at once: exit 1") })
	s.net.mu.Lock()
	s.net.deaf = false
	s.net.mu.Unlock()
	s.holder.mu.Lock()
	s.holder.dead = false
	s.holder.mu.Unlock()
	eventually(t, "its end", func() bool { return s.Trouble() == "" })
}

func TestChange(t *testing.T) {
	s := newStage(t)
	for _, name := range []string{"pasta", "slirp4netns", netstack.NoWay} {
		s.endOfKilled()
		if err := s.Ensure(t.Context(), name); err != nil {
			t.Fatal(err)
		}
	}
	if s.holder.most != 1 || len(s.holder.running) != 0 || s.net.WayOut() != netstack.NoWay {
		t.Errorf("%d at most, %d now, uplink %s", s.holder.most, len(s.holder.running), s.net.WayOut())
	}
}

// endOfKilled ends what runs when the keeper wants it to, which it does by a
// signal that a process that is none does not get.
func (s *stage) endOfKilled() {
	if s.current == nil {
		return
	}
	stopped, ended := s.current.stopped, s.current.ended
	go func() {
		<-stopped
		for {
			s.holder.die()
			select {
			case <-ended:
				return
			case <-time.After(time.Millisecond):
			}
		}
	}()
}

func TestAdopt(t *testing.T) {
	for _, c := range []struct {
		name   string
		way    string
		alive  []string // helpers in the holder's table
		left   []string // what is nobody's
		starts int
	}{
		{"the relay", netstack.Relay, []string{"@uplink/pasta/1-1"}, []string{"@uplink/pasta/1-1"}, 0},
		{"one that lives", "pasta", []string{"@uplink/pasta/1-1", "web-1/1"}, []string{"web-1/1"}, 0},
		{"one too many", "pasta", []string{"@uplink/pasta/1-1", "@uplink/slirp4netns/1-2"}, []string{"@uplink/slirp4netns/1-2"}, 0},
		{"one that died", "pasta", nil, nil, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newStage(t)
			s.net.name = c.way
			children := map[string]*rootless.Child{}
			for _, name := range c.alive {
				f, err := os.Open(os.DevNull) // in place of a pidfd
				if err != nil {
					t.Fatal(err)
				}
				defer f.Close()
				children[name] = &rootless.Child{ChildInfo: rootless.ChildInfo{Name: name}, Pidfd: f, Done: make(chan rootless.ChildInfo)}
			}
			s.Adopt(children)
			eventually(t, "the starts", func() bool { return s.holder.starts() == c.starts })
			var left []string
			for name := range children {
				left = append(left, name)
			}
			if !slices.Equal(left, c.left) {
				t.Errorf("left %v, want %v", left, c.left)
			}
		})
	}
}

func TestLastLine(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	text := "one\nCouldn't open\x1b[31m /dev/net/tun\n\nFailed to send 51 bytes to syslog\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := lastLine(path); got != "Couldn't open?[31m /dev/net/tun" {
		t.Errorf("%q", got)
	}
	if got := lastLine(path + "x"); got != "" {
		t.Errorf("of no file: %q", got)
	}
}
