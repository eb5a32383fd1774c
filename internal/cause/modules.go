package cause

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Module is why the kernel lacks a thing: its modules are not loaded, or there are none
// to be loaded for the kernel that runs (modprobe(8), depmod(8)).
func Module(h Host, id, what, lost string, modules ...string) Cause {
	c := Cause{ID: id, What: "the kernel has no " + what + ", or has not loaded them", Lost: lost}
	names := strings.Join(modules, " ")
	if h.Container() != "" {
		c.Note = "load it on the machine that this container runs on: sudo modprobe -a " + names
		return c
	}
	flag := ""
	if len(modules) > 1 {
		flag = "-a "
	}
	load := h.Sudo("modprobe " + flag + names)
	release := h.Sysctl("kernel.osrelease")
	switch missing, gone := h.missing(release, modules); {
	case gone:
		c.What = "the kernel has no " + what + ", and /lib/modules has nothing for it (Linux " + release + ")"
		c.Note = "restart the machine, if its kernel was upgraded since it was started: sudo reboot; else boot a kernel with modules"
		return c
	case len(missing) > 0:
		c.What = "the kernel has no " + what + ": there is no module " + strings.Join(missing, ", ") + " for it"
		c.Remedy, c.Note = h.extraModules(release)
		if len(c.Remedy) == 0 {
			return c
		}
	}
	c.Remedy = append(c.Remedy, load)
	c.Keep = "printf '%s\\n' " + names + " | " + h.Sudo("tee -a /etc/modules-load.d/mocker-compose.conf")
	return c
}

// missing are those of the modules that the running kernel was not built with; gone tells
// that there are modules of other kernels only, as after an upgrade.
func (h Host) missing(release string, modules []string) (names []string, gone bool) {
	const all = "/lib/modules"
	dir := filepath.Join(all, release)
	list := h.Read(dir+"/modules.dep") + "\n" + h.Read(dir+"/modules.builtin")
	if strings.TrimSpace(list) == "" {
		others, err := filepath.Glob(h.Root + all + "/*/modules.dep")
		return nil, err == nil && len(others) > 0 && release != ""
	}
	for _, m := range modules {
		if !strings.Contains(list, "/"+m+".ko") && !strings.Contains(list, "/"+strings.ReplaceAll(m, "_", "-")+".ko") {
			names = append(names, m)
		}
	}
	return slices.Clip(names), false
}

// extraModules installs the modules that a distribution keeps in a package beside the
// kernel's.
func (h Host) extraModules(release string) (commands []string, note string) {
	ids := strings.Fields(h.Release("ID") + " " + h.Release("ID_LIKE"))
	switch {
	case slices.Contains(ids, "ubuntu"):
		return []string{h.Sudo("apt-get install -y linux-modules-extra-" + release)}, ""
	case slices.Contains(ids, "fedora"), slices.Contains(ids, "rhel"):
		return []string{h.Sudo("dnf install -y kernel-modules-" + release + " kernel-modules-extra-" + release)}, ""
	}
	return nil, "boot a kernel that has it, such as the distribution's own for physical machines"
}

// loaded tells whether a file system is known to the kernel.
func (h Host) loaded(fs string) bool {
	b, err := os.ReadFile(h.Root + "/proc/filesystems")
	return err != nil || containsWord(string(b), fs)
}
