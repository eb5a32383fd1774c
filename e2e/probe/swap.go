package main

import (
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// swap exchanges DIR/sub, a directory with part/ in it, and DIR/link, a link to
// TARGET, for ever, and counts in DIR/swaps.
func swap(args []string) error {
	dir, target := args[0], args[1]
	sub, link := filepath.Join(dir, "sub"), filepath.Join(dir, "link")
	if err := os.MkdirAll(filepath.Join(sub, "part"), 0o755); err != nil {
		return err
	}
	if err := os.Symlink(target, link); err != nil {
		return err
	}
	for n := 1; ; n++ {
		if err := unix.Renameat2(unix.AT_FDCWD, sub, unix.AT_FDCWD, link, unix.RENAME_EXCHANGE); err != nil {
			return err
		}
		if n%500 == 0 {
			if err := os.WriteFile(filepath.Join(dir, "swaps"), []byte(fmt.Sprint(n)), 0o644); err != nil {
				return err
			}
		}
	}
}
