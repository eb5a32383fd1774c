package cause

import "strings"

// Linger is why services end with the session (loginctl(1), enable-linger).
func Linger(h Host) Cause {
	return Cause{
		ID: "linger", What: "systemd ends the manager of " + h.User + " with the last session", Remedy: []string{h.Sudo("loginctl enable-linger " + h.User)},
		Lost: "services end when you log out, and do not start before you log in",
	}
}

// MemoryOff tells whether the kernel's command line has switched the memory controller
// off, as that of a Raspberry Pi does (/proc/cgroups, the last column).
func MemoryOff(h Host) bool {
	for line := range strings.Lines(h.Read("/proc/cgroups")) {
		if f := strings.Fields(line); len(f) == 4 && f[0] == "memory" && f[3] == "0" {
			return true
		}
	}
	return containsWord(h.Read("/proc/cmdline"), "cgroup_disable=memory")
}

// Memcg is c where the memory controller is switched off.
func Memcg(h Host, c Cause) Cause {
	c.ID, c.What = "cgroup-memory-off", "the kernel's command line has switched the memory controller off"
	c.Remedy, c.Note = boot(h, "cgroup_enable=memory")
	return c
}

// SwapAccounting is why swap cannot be limited.
func SwapAccounting(h Host) Cause {
	c := Cause{ID: "swap-accounting", What: "the kernel does not count swap for cgroups (swapaccount=0, or a kernel built so)", Lost: "memswap_limit is not enforced: services swap without end"}
	c.Remedy, c.Note = boot(h, "swapaccount=1")
	return c
}

// DiskWeights is why disks cannot be shared by weight (cgroup-v2.rst, "IO Interface
// Files"; block/bfq-iosched.rst): the file of either kind is there when its policy is.
func DiskWeights(h Host) Cause {
	return Module(h, "io-weight", "weights for disks (io.weight of the cost model, or io.bfq.weight)", "blkio_config.weight is not enforced: services share a disk as they come", "bfq")
}

// boot adds a word to the kernel's command line.
func boot(h Host, word string) (commands []string, note string) {
	for _, path := range []string{"/boot/firmware/cmdline.txt", "/boot/cmdline.txt"} {
		if h.Exists(path) {
			return []string{h.Sudo("sed -i '1 s/$/ " + word + "/' " + path), h.Sudo("reboot")}, ""
		}
	}
	if !h.Exists("/etc/default/grub") {
		return nil, "add " + word + " to the kernel's command line, and restart the machine"
	}
	update := "update-grub"
	if h.Program("update-grub") == "" && h.Program("grub2-mkconfig") != "" {
		update = "grub2-mkconfig -o /boot/grub2/grub.cfg"
	}
	return []string{h.Sudo(`sed -i 's/^GRUB_CMDLINE_LINUX="/&` + word + ` /' /etc/default/grub`), h.Sudo(update), h.Sudo("reboot")}, ""
}
