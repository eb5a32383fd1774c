package netstack

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/cause"
	"github.com/mocker-compose/mocker-compose/netstack/sock"
)

// errClosed is returned for work that is given to a closed stack.
var errClosed = errors.New("the network stack is closed")

// worker is one operating system thread that lives in the router namespace and
// visits others. It never goes home: setns(2) into the host's net namespace
// needs CAP_SYS_ADMIN over it, which nobody inside a user namespace has.
// Therefore the goroutine stays locked to its thread, and the thread ends with
// it: it can never serve other goroutines, whose sockets would then belong to
// the wrong namespace.
type worker struct {
	jobs chan job
	done chan struct{} // closed when the thread has left its loop
	stop func()        // closes quit, once
	quit chan struct{}
}

type job struct {
	ns     *os.File // nil: home, and f goes elsewhere
	f      func() error
	answer chan<- error
}

// startWorker starts the thread, whose place between jobs is home.
func startWorker(home *os.File) (*worker, error) {
	w := &worker{jobs: make(chan job), done: make(chan struct{}), quit: make(chan struct{})}
	w.stop = sync.OnceFunc(func() { close(w.quit) })
	entered := make(chan error)
	go offMainThread(func() { w.loop(home, entered) })
	if err := <-entered; err != nil {
		<-w.done
		return nil, err
	}
	return w, nil
}

// offMainThread locks the calling goroutine to its thread and runs f, on
// another thread if this one is the main thread: /proc/PID/ns/net, which
// people and nsenter(1) look at, shows the main thread's namespace.
func offMainThread(f func()) {
	runtime.LockOSThread()
	if unix.Gettid() != unix.Getpid() {
		f() // no unlock: the thread ends with the goroutine
		return
	}
	// While this goroutine holds the main thread, the next one gets another.
	locked := make(chan struct{})
	go func() {
		runtime.LockOSThread()
		close(locked)
		f()
	}()
	<-locked
	runtime.UnlockOSThread()
}

func (w *worker) loop(home *os.File, entered chan<- error) {
	defer close(w.done)
	if err := enter(home); err != nil {
		entered <- err
		return
	}
	entered <- nil
	for {
		select {
		case j := <-w.jobs:
			j.answer <- j.run(home)
		case <-w.quit:
			return
		}
	}
}

// run is called at home and comes back at once: a thread keeps the namespace
// alive that it is in.
func (j job) run(home *os.File) error {
	switch j.ns {
	case home:
		return j.f()
	case nil:
		return errors.Join(j.f(), enter(home))
	}
	err := enter(j.ns)
	if err == nil {
		err = j.f()
	}
	return errors.Join(err, enter(home))
}

// leave runs f on the worker's thread. f may move it to another namespace.
func (w *worker) leave(f func() error) error { return w.do(nil, f) }

// do runs f on the worker's thread inside ns and returns its error. Keep f
// short: everything that needs a namespace waits for this one thread.
func (w *worker) do(ns *os.File, f func() error) error {
	answer := make(chan error, 1)
	select {
	case w.jobs <- job{ns: ns, f: f, answer: answer}:
		return <-answer
	case <-w.quit:
		return errClosed
	}
}

// close ends the thread and waits for it.
func (w *worker) close() {
	w.stop()
	<-w.done
}

func enter(ns *os.File) error {
	err := sock.With(ns, func(fd int) error { return unix.Setns(fd, unix.CLONE_NEWNET) })
	if err != nil {
		return fmt.Errorf("enter net namespace %s (setns): %w", ns.Name(), err)
	}
	return nil
}

// unshareNet moves the calling thread into a new net namespace and returns it.
// To be called on the worker.
func unshareNet(name string) (*os.File, error) {
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		return nil, cause.Born("make net namespace "+name, os.NewSyscallError("unshare", err), "net")
	}
	fd, err := unix.Open("/proc/thread-self/ns/net", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("open net namespace %s: /proc/thread-self/ns/net: %w", name, err)
	}
	return os.NewFile(uintptr(fd), "net/"+name), nil
}
