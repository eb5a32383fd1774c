package sandbox

import (
	"os"
	"path/filepath"
	"strings"
	"sync"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// MaskedPaths are hidden from containers: they tell about the host, or reach
// into it (the list that docker and containerd agree on).
var MaskedPaths = []string{
	"/proc/acpi", "/proc/asound", "/proc/interrupts", "/proc/kcore", "/proc/keys",
	"/proc/latency_stats", "/proc/sched_debug", "/proc/scsi", "/proc/timer_list", "/proc/timer_stats",
	"/sys/devices/virtual/powercap", "/sys/firmware",
}

// ThermalPaths are masked too: they show by side channel what runs beside
// (docker masks them since 28). Each processor has one, on some machines.
func ThermalPaths() []string {
	list, err := filepath.Glob("/sys/devices/system/cpu/cpu*/thermal_throttle")
	if err != nil {
		return nil // only of a bad pattern
	}
	return list
}

// ReadonlyPaths are shown but cannot be written to.
var ReadonlyPaths = []string{"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"}

// masks covers the paths of the spec that this kernel has. Whether it has them
// is seen in our own /proc and /sys, which are the same kernel's.
func (b *builder) masks(spec *specs.Spec) {
	if spec.Linux == nil {
		return
	}
	b.mark("mask paths of /proc and /sys")
	for _, p := range spec.Linux.MaskedPaths {
		st, err := os.Lstat(p)
		if err != nil {
			continue
		}
		if st.IsDir() {
			b.newFS("make a mask", "tmpfs", unix.MOUNT_ATTR_RDONLY|noneOf, b.a, option{"nr_inodes", "1"})
		} else {
			b.clonePath("read /dev/null", "/dev/null", false, b.a)
		}
		b.openPoint(p, pathFlags, b.b)
		b.attach("mask "+p, b.a, b.b)
		b.close(b.a)
		b.close(b.b)
	}
	for _, p := range spec.Linux.ReadonlyPaths {
		if _, err := os.Lstat(p); err != nil {
			continue
		}
		b.openPoint(p, pathFlags, b.b)
		b.do("copy "+p, unix.SYS_OPEN_TREE, b.b, "", unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC|unix.AT_EMPTY_PATH|unix.AT_RECURSIVE).SaveTo(b.a)
		b.setAttr("make "+p+" read-only", b.a, true, unix.MOUNT_ATTR_RDONLY)
		b.attach("mount "+p+" read-only", b.a, b.b)
		b.close(b.a)
		b.close(b.b)
	}
}

// hasCgroup2 tells whether the kernel has the v2 tree mounted anywhere.
var hasCgroup2 = sync.OnceValue(func() bool {
	b, err := os.ReadFile("/proc/self/mountinfo")
	return err == nil && strings.Contains(string(b), " - cgroup2 ")
})

// hasCgroupMount tells whether /sys/fs/cgroup is a mount, and not an empty directory.
var hasCgroupMount = sync.OnceValue(func() bool {
	b, err := os.ReadFile("/proc/self/mountinfo")
	return err == nil && strings.Contains(string(b), " /sys/fs/cgroup ")
})
