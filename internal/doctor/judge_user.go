package doctor

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mocker-compose/mocker-compose/internal/cause"
)

func judgeUserNS(h cause.Host, f *found) verdict {
	if err := f.userNS.Err(); err != nil {
		return problem(cause.UserNamespace(h, err), "%v", err)
	}
	return good("made one")
}

func judgeMapTools(h cause.Host, f *found) verdict {
	if f.direct {
		return good("not needed: you are root")
	}
	for _, t := range f.tools {
		if c, bad := cause.MapTool(h, t.name, t.path, t.nosuid, t.privileged); bad {
			return degraded(c, "%s", c.What)
		}
	}
	return good("%s and %s may write id maps", f.tools[0].path, f.tools[1].path)
}

func judgeSubIDs(h cause.Host, f *found) verdict {
	if f.direct {
		return good("not needed: you are root")
	}
	if c, bad := cause.SubordinateIDs(h); bad {
		return degraded(c, "%s", c.What)
	}
	return good("ranges of %s in /etc/subuid and /etc/subgid, which nobody else has", h.User)
}

// judgeIDs says what comes out of tools and ranges: it repeats no cause that one of
// them has.
func judgeIDs(h cause.Host, f *found) verdict {
	switch {
	case f.userNS.Err() != nil:
		return untried("user namespaces")
	case f.direct:
		return good("all %d of this system: you are root", f.ids)
	case !f.single:
		return good("%d, mapped by newuidmap", f.ids)
	case judgeMapTools(h, f).state != OK:
		return untried("newuidmap and newgidmap")
	case judgeSubIDs(h, f).state != OK:
		return untried("subordinate ids")
	}
	return degraded(cause.MapRefused(h, f.maps.Text), "%s", f.maps.Text)
}

// kinds are the namespaces of each container.
func kinds() []string { return []string{"mnt", "pid", "net", "ipc", "uts", "cgroup"} }

func judgeNamespaces(h cause.Host, f *found) verdict {
	if f.inside == nil {
		return untried("user namespaces")
	}
	for _, k := range kinds() {
		if err := f.inside.Namespaces[k].Err(); err != nil {
			return problem(cause.Namespace(h, k, err), "%s: %v", k, err)
		}
	}
	for _, k := range kinds() {
		if n, ok := h.Number("user.max_" + k + "_namespaces"); ok && n < cause.FewNamespaces {
			return degraded(cause.LowNamespaces(h, k), "made one of each kind: %s", strings.Join(kinds(), ", "))
		}
	}
	return good("made one of each kind: %s", strings.Join(kinds(), ", "))
}

func judgeCalls(h cause.Host, f *found) verdict {
	release := h.Sysctl("kernel.osrelease")
	if f.inside == nil {
		return untried("user namespaces")
	}
	if m := f.inside.Calls; len(m) > 0 {
		return problem(cause.Calls(h, m, "Linux 5.12"), "missing: %s", strings.Join(m, ", "))
	}
	if cause.Older(h, 5, 14) {
		return good("Linux %s has all that is needed; from 5.14 on groups of processes are killed at once", release)
	}
	return good("Linux %s has all that is used", release)
}

func judgeProc(h cause.Host, f *found) verdict {
	if f.inside == nil {
		return untried("user namespaces")
	}
	if err := f.inside.Proc.Err(); err != nil {
		return problem(cause.Proc(h), "%v", err)
	}
	return good("mounted one")
}

func judgeSeccomp(h cause.Host, f *found) verdict {
	if f.inside == nil {
		return untried("user namespaces")
	}
	if err := f.inside.Seccomp.Err(); err != nil {
		return problem(cause.Seccomp(h), "%v", err)
	}
	return good("can be made")
}

func judgeKeyrings(h cause.Host, f *found) verdict {
	switch {
	case f.inside == nil:
		return untried("user namespaces")
	case f.inside.NoKeyrings:
		return good("there are none here, so containers can have none of others'")
	case f.inside.Keyring.Err() != nil:
		return problem(cause.Keyrings(h, 0), "%v", f.inside.Keyring.Err())
	}
	used, most := keyUsage(h)
	if most > 0 && used+fewKeys > most && !f.direct {
		return degraded(cause.Keyrings(h, used), "%d of %d keys are in use", used, most)
	}
	return good("made one")
}

// fewKeys is what some containers need.
const fewKeys = 20

// keyUsage reads /proc/key-users: "UID: USAGE NKEYS/NIKEYS QNKEYS/MAXKEYS ..." (proc_key-users(5)).
func keyUsage(h cause.Host) (used, most int) {
	prefix := fmt.Sprintf("%d:", h.UID)
	for line := range strings.Lines(h.Read("/proc/key-users")) {
		if w := strings.Fields(line); len(w) >= 4 && slices.Index(w, prefix) == 0 {
			if _, err := fmt.Sscanf(w[3], "%d/%d", &used, &most); err != nil {
				return 0, 0
			}
		}
	}
	return used, most
}
