package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// sink keeps the compiler from dropping the work.
var sink atomic.Uint64

// burn keeps N threads busy for TIME ("0s": for ever), and says how much processor
// time the kernel counted for this process, in how long.
func burn(args []string) error {
	if len(args) != 2 {
		return errors.New("burn THREADS TIME")
	}
	n, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	long, err := time.ParseDuration(args[1])
	if err != nil {
		return err
	}
	runtime.GOMAXPROCS(n + 1)
	fmt.Println("burning")
	begin, used := time.Now(), processorTime()
	var busy sync.WaitGroup
	for range n {
		busy.Go(func() {
			// A look at the clock is a system call on some machines.
			for x := uint64(1); long == 0 || time.Since(begin) < long; {
				for range 1 << 20 {
					x = x*6364136223846793005 + 1442695040888963407
				}
				sink.Store(x)
			}
		})
	}
	busy.Wait()
	took := time.Since(begin)
	used = processorTime() - used
	fmt.Printf("used %.3f of %.3f share %.3f\n", used.Seconds(), took.Seconds(), used.Seconds()/took.Seconds())
	return nil
}

func processorTime() time.Duration {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		fail(err)
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

// spawn starts up to N processes that do nothing, each of a single thread, says
// how many there are and why there are no more, and stays.
func spawn(args []string) error {
	n, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	sleep, err := filepath.EvalSymlinks("/bin/sleep")
	if err != nil {
		return err
	}
	null, err := os.Open(os.DevNull)
	if err != nil {
		return err
	}
	for i := range n {
		pid, err := syscall.ForkExec(sleep, []string{"sleep", "100000"}, &syscall.ProcAttr{Files: []uintptr{null.Fd()}})
		if err != nil {
			fmt.Printf("spawned %d: %v\n", i, err)
			return pause(nil)
		}
		_ = pid // they end with the container
	}
	fmt.Printf("spawned %d\n", n)
	return pause(nil)
}

// threads has N threads that do nothing, and says so.
func threads(args []string) error {
	n, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	var up sync.WaitGroup
	for range n {
		up.Add(1)
		go func() {
			runtime.LockOSThread()
			up.Done()
			_ = unix.Pause() // a signal ends it with the rest
		}()
	}
	up.Wait()
	fmt.Println("threads", n)
	return pause(nil)
}

// disk writes N MB to FILE past the page cache, 1 MB at once.
func disk(args []string) error {
	if len(args) != 2 {
		return errors.New("disk FILE MB")
	}
	n, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	f, err := os.OpenFile(args[0], os.O_CREATE|os.O_WRONLY|unix.O_DIRECT, 0o644)
	if err != nil {
		return err
	}
	defer f.Close()
	// A mapping is aligned, as O_DIRECT wants it (open(2)).
	b, err := syscall.Mmap(-1, 0, 1<<20, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_PRIVATE|syscall.MAP_ANONYMOUS)
	if err != nil {
		return err
	}
	fmt.Println("writing")
	begin := time.Now()
	for range n {
		if _, err := f.Write(b); err != nil {
			return err
		}
	}
	fmt.Printf("wrote %d MB in %.3f s\n", n, time.Since(begin).Seconds())
	return nil
}
