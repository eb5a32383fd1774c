package main

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// session executes a command in a session keyring of its own that holds a key
// called "canary". The keyring is the thread's, so the thread executes it.
func session(command []string) error {
	runtime.LockOSThread()
	if err := newSession(); err != nil {
		return err
	}
	if _, err := unix.AddKey("user", "canary", []byte("secret"), unix.KEY_SPEC_SESSION_KEYRING); err != nil {
		return fmt.Errorf("add a key: %w", err)
	}
	return syscall.Exec(command[0], command, os.Environ())
}

// stuff is session with as many more keys as the user may have.
func stuff(command []string) error {
	runtime.LockOSThread()
	if err := newSession(); err != nil {
		return err
	}
	name := "canary"
	for i := range 100_000 {
		_, err := unix.AddKey("user", name, []byte("x"), unix.KEY_SPEC_SESSION_KEYRING)
		if errors.Is(err, unix.EDQUOT) && i > 0 {
			return syscall.Exec(command[0], command, os.Environ())
		}
		if err != nil {
			return fmt.Errorf("add key %d: %w", i, err)
		}
		name = fmt.Sprintf("k%d", i)
	}
	return errors.New("there is no quota of keys")
}

func newSession() error {
	if _, _, errno := unix.Syscall(unix.SYS_KEYCTL, unix.KEYCTL_JOIN_SESSION_KEYRING, 0, 0); errno != 0 {
		return fmt.Errorf("join a session keyring: %w", errno)
	}
	return nil
}
