package main

import (
	"fmt"
	"os"
	"os/signal"
	"slices"
	"syscall"

	"golang.org/x/sys/unix"
	"golang.org/x/term"
)

// trap prints the signals it gets. SIGTERM and SIGINT end it with code 0, but
// for those that are named.
func trap(ignored []string) error {
	signals := make(chan os.Signal, 16)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP, syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGQUIT)
	fmt.Println("trapping")
	for s := range signals {
		name := unix.SignalName(s.(syscall.Signal))
		fmt.Println("got", name)
		if (s == syscall.SIGTERM || s == syscall.SIGINT) && !slices.Contains(ignored, name) {
			return nil
		}
	}
	return nil
}

// stay ignores what can be ignored and never ends.
func stay(args []string) error {
	signal.Ignore(syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP)
	return pause(args)
}

func tty([]string) error {
	for fd := range 3 {
		fmt.Printf("fd %d terminal %t\n", fd, term.IsTerminal(fd))
	}
	size := func() {
		if cols, rows, err := term.GetSize(0); err == nil {
			fmt.Printf("size %d %d\n", rows, cols)
		}
	}
	if !term.IsTerminal(0) {
		return nil
	}
	resized := make(chan os.Signal, 4)
	signal.Notify(resized, syscall.SIGWINCH)
	size()
	for range resized {
		size()
	}
	return nil
}
