package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// writables prints every file below the directories that opens for writing, and
// then how many were tried.
func writables(dirs []string) error {
	for _, dir := range dirs {
		tried := 0
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.Type()&fs.ModeSymlink != 0 {
				return nil // gone, or closed
			}
			tried++
			if d.IsDir() {
				made := filepath.Join(path, "probe-made")
				if os.Mkdir(made, 0o755) == nil {
					fmt.Println("writable", path)
					return os.Remove(made)
				}
				return nil
			}
			f, err := os.OpenFile(path, os.O_WRONLY, 0)
			if err != nil {
				return nil //nolint:nilerr // that it does not open is the point
			}
			fmt.Println("writable", path)
			return f.Close()
		})
		fmt.Println("tried", dir, tried, err)
	}
	return nil
}

// cage tries to leave its cgroup and to raise its limits: through /sys/fs/cgroup as
// it is, made writable, and mounted anew. It prints "open HOW" for what succeeded
// and "closed HOW: WHY" for what did not.
func cage([]string) error {
	const here, anew = "/sys/fs/cgroup", "/tmp/probe-cgroup"
	tries(here, "as it is")
	report("make it writable", unix.Mount("", here, "", unix.MS_REMOUNT|unix.MS_BIND, ""))
	tries(here, "after that")
	if err := os.MkdirAll(anew, 0o755); err != nil {
		return err
	}
	err := unix.Mount("cgroup2", anew, "cgroup2", 0, "")
	report("mount it anew", err)
	if err == nil {
		tries(anew, "anew")
		if err := unix.Unmount(anew, 0); err != nil {
			return err
		}
	}
	b, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return err
	}
	fmt.Print("is in ", string(b))
	return nil
}

func tries(dir, how string) {
	for name, text := range map[string]string{
		"memory.max": "max", "memory.high": "max", "pids.max": "max", "cpu.max": "max 100000", "cpu.weight": "10000",
		"memory.oom.group": "0", "cgroup.freeze": "0",
	} {
		report(how+": "+name, into(filepath.Join(dir, name), text))
	}
	// What lies beside and above, if anything does.
	for _, up := range []string{"..", "../..", "../holder", "/.."} {
		report(how+": move to "+up, into(filepath.Join(dir, up, "cgroup.procs"), "0"))
	}
}

func into(path, text string) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Close())
}

func report(how string, err error) {
	if err == nil {
		fmt.Println("open", how)
		return
	}
	fmt.Printf("closed %s: %s\n", how, strings.ReplaceAll(err.Error(), "\n", " "))
}
