package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/netstack"
)

// made is what the making and the end of a network took.
type made struct{ Make, Remove time.Duration }

// settleTime lets the kernel take earlier namespaces apart, which holds the lock
// that making one needs.
const settleTime = 300 * time.Millisecond

// benchNetMake measures the network of fifty services alone: namespaces,
// interfaces, addresses, rules, names, and their end. A project's start and end
// are in benchFifty.
func benchNetMake(ctx context.Context, b *bench) error {
	var up, down []time.Duration
	for range b.runs {
		out, err := inNamespaces(self(ctx, "net-make"), syscall.CLONE_NEWUSER|syscall.CLONE_NEWNET).Output()
		if err != nil {
			return fmt.Errorf("make a network: %w: %s", err, failure(err))
		}
		var m made
		if err := json.Unmarshal(out, &m); err != nil {
			return err
		}
		up, down = append(up, m.Make), append(down, m.Remove)
		time.Sleep(settleTime)
	}
	b.absolute("network of 50 services, each", median(up).Seconds()*1000/fifty, 10, "ms")
	b.absolute("its end, each", median(down).Seconds()*1000/fifty, 10, "ms")
	return nil
}

// makeHelper makes the network of a project in the namespaces that it is in, as
// a supervisor does.
func makeHelper([]string) error {
	var m made
	router, err := newNetNS()
	if err != nil {
		return err
	}
	defer router.Close()
	keeper := &fileKeeper{files: map[string]*os.File{}}
	begin := time.Now()
	s, err := netstack.Open(router, keeper, func(line string) { fmt.Fprintln(os.Stderr, line) })
	if err != nil {
		return err
	}
	if _, err := s.EnsureNetwork(netstack.Network{Name: "default"}); err != nil {
		return err
	}
	if err := each(func(id string) error {
		_, err := s.CreateSandbox(id, netstack.SandboxSpec{
			Hostname: id, Names: []string{id}, Endpoints: []netstack.EndpointSpec{{Network: "default"}},
		})
		if err == nil {
			s.SetReachable(id, true)
		}
		return err
	}); err != nil {
		return err
	}
	m.Make = time.Since(begin)
	begin = time.Now()
	if err := each(s.RemoveSandbox); err != nil {
		return err
	}
	if err := s.Close(); err != nil {
		return err
	}
	m.Remove = time.Since(begin)
	return json.NewEncoder(os.Stdout).Encode(m)
}

// each does f for all fifty at once.
func each(f func(id string) error) error {
	failed := make(chan error, fifty)
	var all sync.WaitGroup
	for i := range fifty {
		all.Go(func() { failed <- f(fmt.Sprintf("s%02d-1", i)) })
	}
	all.Wait()
	for range fifty {
		if err := <-failed; err != nil {
			return err
		}
	}
	return nil
}

// newNetNS makes a net namespace, on a thread that ends with it.
func newNetNS() (*os.File, error) {
	type answer struct {
		ns  *os.File
		err error
	}
	answers := make(chan answer)
	go func() {
		runtime.LockOSThread() // and no unlock: the thread ends with the goroutine
		err := unix.Unshare(unix.CLONE_NEWNET)
		if err != nil {
			answers <- answer{nil, fmt.Errorf("make a net namespace: %w", err)}
			return
		}
		f, err := os.Open("/proc/thread-self/ns/net")
		answers <- answer{f, err}
	}()
	a := <-answers
	return a.ns, a.err
}

// fileKeeper is a project holder in the same process.
type fileKeeper struct {
	mu    sync.Mutex
	files map[string]*os.File
}

// KeepAll stores duplicates.
func (k *fileKeeper) KeepAll(files map[string]*os.File) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	for name, f := range files {
		fd, err := unix.FcntlInt(f.Fd(), unix.F_DUPFD_CLOEXEC, 3)
		if err != nil {
			return err
		}
		k.files[name] = os.NewFile(uintptr(fd), name)
	}
	return nil
}

// DropAll closes what was stored.
func (k *fileKeeper) DropAll(names []string) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, name := range names {
		k.files[name].Close()
		delete(k.files, name)
	}
	return nil
}

// Kept is nothing: no process came before.
func (k *fileKeeper) Kept() map[string]*os.File { return nil }

// failure is what a command whose output was asked for said of its failure.
func failure(err error) string {
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return lastLine(exit.Stderr)
	}
	return ""
}
