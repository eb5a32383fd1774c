package doctor

import (
	"strconv"
	"strings"

	"github.com/mocker-compose/mocker-compose/internal/cause"
	"github.com/mocker-compose/mocker-compose/rootless/delegate"
)

func judgeFiles(h cause.Host, f *found) verdict {
	if f.files < cause.EnoughFiles {
		return degraded(cause.OpenFiles(h, f.files), "at most %d for each process", f.files)
	}
	return good("at most %d for each process, two for each connection", f.files)
}

func judgeInotify(h cause.Host, f *found) verdict {
	instances, _ := h.Number("fs.inotify.max_user_instances")
	watches, _ := h.Number("fs.inotify.max_user_watches")
	switch {
	case f.instances.Err() != nil:
		return degraded(cause.InotifyInstances(h), "%v", f.instances.Err())
	case f.watch.Err() != nil:
		return degraded(cause.InotifyWatches(h), "%v", f.watch.Err())
	case instances > 0 && instances < cause.FewInstances:
		return degraded(cause.InotifyInstances(h), "%d instances", instances)
	case watches > 0 && watches < cause.FewWatches:
		return degraded(cause.InotifyWatches(h), "%d watches", watches)
	}
	return good("%d instances with %d watches", instances, watches)
}

func judgePids(h cause.Host, f *found) verdict {
	if f.processes < cause.FewPids {
		return degraded(cause.Processes(h, f.processes), "at most %d of yours (RLIMIT_NPROC)", f.processes)
	}
	groups := h.Groups()
	if f.cgroup.By == delegate.BySystemd {
		// The scope of a project has no limit of its own; that of the session does not count.
		groups = cause.GroupsAbove(f.cgroup.Dir)
		groups = groups[min(1, len(groups)):]
	}
	if c, low := cause.LowPids(h, groups); low {
		return degraded(c, "%s", c.What)
	}
	if dir, n := h.LeastPids(groups); dir != "" {
		return good("at most %d in %s", n, dir)
	}
	return good("as many as the machine can have")
}

// fewMemory is little for a machine that is to run servers beside everything else.
const fewMemory = 256 << 10 // in KiB

func judgeMemory(h cause.Host, _ *found) verdict {
	total, available, swap := memInfo(h, "MemTotal"), memInfo(h, "MemAvailable"), memInfo(h, "SwapTotal")
	size := func(kib int64) string { return cause.Size(uint64(kib) << 10) }
	text := size(available) + " of " + size(total) + " available, no swap"
	if swap > 0 {
		text = size(available) + " of " + size(total) + " available, " + size(swap) + " of swap"
	}
	if total > 0 && available < fewMemory {
		return degraded(cause.Memory(h), "%s", text)
	}
	return good("%s", text)
}

func memInfo(h cause.Host, key string) int64 {
	for line := range strings.Lines(h.Read("/proc/meminfo")) {
		if rest, ok := strings.CutPrefix(line, key+":"); ok {
			n, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			if err == nil {
				return n
			}
		}
	}
	return 0
}
