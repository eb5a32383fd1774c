package main

import (
	"fmt"
	"net"
	"os"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"
)

// inject tries to put bytes into the input of the terminal (ioctl_tty(2)).
func inject(paths []string) error {
	const tioclinux = 0x541C
	for _, path := range paths {
		f, err := os.OpenFile(path, os.O_RDWR|unix.O_NOCTTY, 0)
		if err != nil {
			fmt.Println(path, "open:", err)
			continue
		}
		for _, b := range []byte("touch injected\n") {
			_, _, errno := unix.Syscall(unix.SYS_IOCTL, f.Fd(), unix.TIOCSTI, uintptr(unsafe.Pointer(&b)))
			if errno != 0 {
				fmt.Println(path, "TIOCSTI:", errno)
				break
			}
		}
		paste := byte(3) // TIOCL_PASTESEL
		if _, _, errno := unix.Syscall(unix.SYS_IOCTL, f.Fd(), tioclinux, uintptr(unsafe.Pointer(&paste))); errno != 0 {
			fmt.Println(path, "TIOCLINUX:", errno)
		}
		f.Close()
	}
	fmt.Println("injected")
	return nil
}

// abstract connects to abstract unix sockets (unix(7)).
func abstract(names []string) error {
	for _, name := range names {
		c, err := net.Dial("unix", "@"+name)
		if err != nil {
			fmt.Println(name, "closed")
			continue
		}
		c.Close()
		fmt.Println(name, "open")
	}
	return nil
}

// keyring prints the session keyring: its number, description and length, and a
// try to find a key called "canary" in it.
func keyring([]string) error {
	id, err := unix.KeyctlGetKeyringID(unix.KEY_SPEC_SESSION_KEYRING, false)
	if err != nil {
		return fmt.Errorf("session keyring: %w", err)
	}
	about, err := unix.KeyctlString(unix.KEYCTL_DESCRIBE, id)
	if err != nil {
		return fmt.Errorf("describe keyring %d: %w", id, err)
	}
	buf := make([]byte, 4096)
	n, err := unix.KeyctlBuffer(unix.KEYCTL_READ, id, buf, 0)
	if err != nil {
		return fmt.Errorf("read keyring %d: %w", id, err)
	}
	fmt.Printf("session: %d\nname: %s\nkeys: %d\n", id, about[strings.LastIndexByte(about, ';')+1:], n/4)
	if _, err := unix.KeyctlSearch(id, "user", "canary", 0); err != nil {
		fmt.Println("canary: no")
		return nil
	}
	fmt.Println("canary: found")
	return nil
}

// unmount tries to take mounts away.
func unmount(paths []string) error {
	for _, p := range paths {
		if err := unix.Unmount(p, unix.MNT_DETACH); err != nil {
			fmt.Println(p, "stays:", err)
			continue
		}
		fmt.Println(p, "gone")
	}
	return nil
}

// look prints whether paths can be read and written.
func look(paths []string) error {
	for _, p := range paths {
		fmt.Printf("read %s: %s\nwrite %s: %s\n", p, readable(p), p, writable(p))
	}
	return nil
}

// ids prints the real and effective user, as a set-user-id program sees them.
func ids([]string) error {
	fmt.Printf("uid: %d\neuid: %d\n", os.Getuid(), os.Geteuid())
	return nil
}
