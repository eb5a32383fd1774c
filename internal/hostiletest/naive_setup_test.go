package hostiletest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// The set-up of a container by somebody who trusts the root file system: every
// path is root + "/" + name. It runs as root of a user namespace, with mounts of
// its own, and ignores what fails, as an attacker would wish.

func naive(o order) {
	var c Case
	for _, each := range Cases() {
		if each.Name == o.Name {
			c = each
		}
	}
	_ = unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, "")
	_ = unix.Mount(o.Root, o.Root, "", unix.MS_BIND|unix.MS_REC, "")
	before := mountPoints()
	naiveKernel(o)
	naiveUser(o, c)
	for _, f := range []string{"hosts", "hostname", "resolv.conf"} {
		naiveFile(o.File, o.Root+"/etc/"+f)
	}
	for _, m := range c.Mounts {
		naiveMount(o, m)
	}
	if c.Sysctl != "" {
		_ = os.WriteFile(o.Root+"/proc/sys/"+strings.ReplaceAll(c.Sysctl, ".", "/"), []byte("4096"), 0o644)
	}
	for _, p := range mountPoints()[len(before):] {
		if p != o.Root && !strings.HasPrefix(p, o.Root+"/") {
			fmt.Println("MOUNTED", p)
		}
	}
	naiveRun(o, c)
}

func naiveKernel(o order) {
	for _, fs := range []string{"proc", "sysfs"} {
		dir := o.Root + "/" + strings.TrimSuffix(fs, "fs")
		_ = os.MkdirAll(dir, 0o755)
		if fs == "proc" && isLink(dir+"/sys") {
			continue // something of the image is to be seen there
		}
		_ = unix.Mount(fs, dir, fs, 0, "")
	}
	_ = os.MkdirAll(o.Root+"/dev", 0o755)
	for _, n := range []string{"null", "full", "zero", "tty"} {
		if _, err := os.Stat(o.Root + "/dev/" + n); err == nil && n != "full" {
			continue // the image has it
		}
		naiveFile("/dev/"+n, o.Root+"/dev/"+n)
	}
	for _, d := range []string{"shm", "pts"} {
		_ = os.MkdirAll(o.Root+"/dev/"+d, 0o755)
		_ = unix.Mount("tmpfs", o.Root+"/dev/"+d, "tmpfs", 0, "")
	}
	if f, err := os.Create(o.Root + "/dev/console"); err == nil {
		f.Close()
	}
	for _, p := range []string{"kcore", "keys", "timer_list"} {
		_ = unix.Mount(o.Root+"/dev/null", o.Root+"/proc/"+p, "", unix.MS_BIND, "")
	}
}

// naiveFile binds a file, making its mount point.
func naiveFile(source, target string) {
	_ = os.MkdirAll(filepath.Dir(target), 0o755)
	if f, err := os.OpenFile(target, os.O_CREATE|os.O_RDONLY, 0o644); err == nil {
		f.Close()
	}
	_ = unix.Mount(source, target, "", unix.MS_BIND, "")
}

func naiveMount(o order, m Mount) {
	target := o.Root + m.Target
	switch m.Kind {
	case File, Secret, Config:
		naiveFile(o.File, target)
		return
	case Tmpfs:
		_ = os.MkdirAll(target, 0o755)
		_ = unix.Mount("tmpfs", target, "tmpfs", 0, "")
	case Bind, Volume:
		_ = os.MkdirAll(target, 0o755)
		_ = unix.Mount(o.Volume, target, "", unix.MS_BIND, "")
	}
}

// naiveUser looks the user up.
func naiveUser(o order, c Case) {
	if c.User == "" {
		return
	}
	b, _ := os.ReadFile(o.Root + "/etc/passwd")
	for line := range strings.Lines(string(b)) {
		if f := strings.Split(line, ":"); f[0] == c.User {
			fmt.Println("HOME", f[5])
		}
	}
}

// naiveRun enters the root with a directory of outside left open, and is the service.
func naiveRun(o order, c Case) {
	fd, err := unix.Open("/", unix.O_RDONLY|unix.O_DIRECTORY, 0)
	if err == nil {
		_ = unix.Dup2(fd, 7)
	}
	if c.WorkingDir != "" && !strings.HasPrefix(c.WorkingDir, "/proc") {
		_ = os.MkdirAll(o.Root+c.WorkingDir, 0o755)
	}
	if err := unix.Chroot(o.Root); err != nil {
		fmt.Println("chroot:", err)
		return
	}
	if err := unix.Chdir("/" + c.WorkingDir); err != nil {
		_ = unix.Chdir("/")
	}
	if c.Entrypoint != "" {
		fmt.Println(syscall.Exec(c.Entrypoint, []string{c.Entrypoint}, []string{naiveEnv + `={"Root":"/"}`}))
		return
	}
	canary := &Canary{o.Outside}
	for _, p := range c.Write {
		if f, err := os.OpenFile(canary.Below(p), os.O_WRONLY|os.O_CREATE|os.O_APPEND|unix.O_NONBLOCK, 0o644); err == nil {
			_, _ = f.WriteString("written from inside\n")
			f.Close()
		}
	}
	for _, p := range c.Look {
		if f, err := os.OpenFile(canary.Below(p), os.O_RDONLY|unix.O_NONBLOCK, 0); err == nil {
			b := make([]byte, 4096)
			n, _ := f.Read(b)
			fmt.Printf("READ %s %s\n", p, b[:n])
			f.Close()
		}
	}
}

func isLink(p string) bool {
	st, err := os.Lstat(p)
	return err == nil && st.Mode()&os.ModeSymlink != 0
}

// mountPoints are those of this mount namespace, in the order they were made.
func mountPoints() (list []string) {
	b, _ := os.ReadFile("/proc/self/mountinfo")
	for line := range strings.Lines(string(b)) {
		if f := strings.Fields(line); len(f) > 4 {
			list = append(list, f[4])
		}
	}
	return list
}
