package main

import (
	"os"

	"golang.org/x/sys/unix"
)

var abis = func() []abi {
	list := []abi{{"x86_64", 0, native}, {"x32", 0x40000000, native}}
	if os.Getenv("PROBE_NO_I386") == "" {
		list = append(list, abi{"i386", 0, i386})
	}
	return list
}()

// int80 makes a call of the 32-bit ABI with zeros but for the sixth argument.
func int80(nr, sixth uintptr) int32

func i386(nr, sixth uintptr) unix.Errno {
	if r := int80(nr, sixth); r < 0 && r >= -4095 {
		return unix.Errno(-r)
	}
	return 0
}
