package doctor

import (
	"slices"
	"strings"

	"github.com/mocker-compose/mocker-compose/internal/cause"
	"github.com/mocker-compose/mocker-compose/rootless/delegate"
)

// judgeCgroup says where a project's groups come from. Cause and remedy are those of
// package delegate, which the degrade line of a project has, too.
func judgeCgroup(_ cause.Host, f *found) verdict {
	none := f.cgroup.None
	if none == nil {
		return good("%s", wayOf(f.cgroup))
	}
	c := cause.Cause{ID: "cgroup-none", What: none.Cause, Lost: "limits of memory, processor time, processes and devices are not enforced"}
	return degraded(remedy(c, none.Remedy), "%s", none.Cause)
}

func wayOf(r delegate.Report) string {
	switch r.By {
	case delegate.BySystemd:
		return "systemd makes one for each project (Delegate=yes)"
	case delegate.ByCurrent:
		return "the one that we are in may be divided"
	case delegate.ByHandedOver:
		return "one was handed over: " + r.Dir
	}
	return "there is one"
}

// remedy splits what package delegate advises: a command, or something to be done.
func remedy(c cause.Cause, text string) cause.Cause {
	switch {
	case text == "":
		c.Note = "there is no command that changes it"
	case strings.HasPrefix(text, "start "):
		c.Note = text
	default:
		c.Remedy = []string{text}
	}
	return c
}

// keysOf are the keys of a file that need a controller.
func keysOf(controller string) string {
	switch controller {
	case "cpu":
		return "cpus, cpu_shares, cpu_quota"
	case "cpuset":
		return "cpuset (it is kept by affinity, which a container can undo)"
	case "io":
		return "blkio_config"
	case "memory":
		return "mem_limit, mem_reservation, memswap_limit"
	}
	return "pids_limit"
}

func judgeControllers(h cause.Host, f *found) verdict {
	r := f.cgroup
	if r.None != nil {
		return untried("a cgroup for projects")
	}
	have := strings.Join(r.Controllers, " ")
	if len(r.Missing) == 0 {
		return good("%s", have)
	}
	var lost []string
	for _, c := range r.Missing {
		lost = append(lost, keysOf(c))
	}
	c := cause.Cause{ID: "cgroup-controllers", What: r.Cause, Lost: "not enforced: " + strings.Join(lost, ", ")}
	if slices.Contains(r.Missing, "memory") && cause.MemoryOff(h) {
		return degraded(cause.Memcg(h, c), "%s; missing: memory", have)
	}
	if c = remedy(c, r.Remedy); r.Remedy == "" && slices.Equal(r.Missing, []string{"cpuset"}) {
		c.Note = "a kernel with CONFIG_CPUSETS"
		return absent(c, "%s; the kernel has no cpuset, for which affinity stands in", have)
	}
	return degraded(c, "%s; missing: %s", have, strings.Join(r.Missing, " "))
}

func judgeLinger(h cause.Host, f *found) verdict {
	switch {
	case f.direct:
		return good("not needed: projects of root are in the system's manager")
	case !h.Exists("/run/systemd/system"):
		return good("not needed: this machine has no systemd")
	case h.Exists("/var/lib/systemd/linger/" + h.User):
		return good("%s lingers: services outlive the last session", h.User)
	}
	return degraded(cause.Linger(h), "%s does not linger", h.User)
}

// judgeSwap looks for the file that limits swap, beside that which limits memory.
func judgeSwap(h cause.Host, f *found) verdict {
	if f.cgroup.None != nil || !slices.Contains(f.cgroup.Controllers, "memory") {
		return untried("the memory controller")
	}
	for _, dir := range h.Groups() {
		if !h.Exists(dir + "/memory.max") {
			continue
		}
		if !h.Exists(dir + "/memory.swap.max") {
			return degraded(cause.SwapAccounting(h), "there is no memory.swap.max")
		}
		return good("memory.swap.max can be set")
	}
	return good("not to be seen from here")
}
