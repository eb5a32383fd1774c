package sandbox

import (
	"maps"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// sysctls writes the settings of the spec, while /proc/sys can be written to.
func (b *builder) sysctls(settings map[string]string) {
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		value := settings[name]
		what := "set sysctl " + name + "=" + value
		path := "proc/sys/" + strings.ReplaceAll(name, ".", "/")
		b.descend(what, path, unix.O_WRONLY|unix.O_CLOEXEC, b.a, nil)
		b.do(what, unix.SYS_WRITE, b.a, value, len(value))
		b.close(b.a)
	}
}
