package rootless

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"strconv"
	"strings"

	"github.com/rootless-containers/rootlesskit/v3/pkg/parent/idtools"
	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/cause"
)

// IDRange maps Count ids from Inside to Outside (user_namespaces(7)).
type IDRange struct {
	Inside  uint32 `json:"inside"`
	Outside uint32 `json:"outside"`
	Count   uint32 `json:"count"`
}

// IDMaps are the maps of the user namespace.
type IDMaps struct {
	UIDs, GIDs []IDRange
	// Direct: we may write the maps ourselves (root).
	Direct bool
	// Degraded says why there is only one id, and what mends it; "" if all is well.
	Degraded string
}

// Single tells whether only the caller's own ids are mapped.
func (m IDMaps) Single() bool {
	return len(m.UIDs) == 1 && m.UIDs[0].Count == 1
}

// FindIDMaps decides the maps for the current user.
func FindIDMaps() (IDMaps, error) {
	uid, gid := os.Getuid(), os.Getgid()
	if uid == 0 {
		return identityMaps()
	}
	single := SingleID()
	if os.Getenv("MOCKER_FORCE_SINGLE_ID") != "" {
		single.Degraded = "only your own user and group id exist in containers (MOCKER_FORCE_SINGLE_ID is set)"
		return single, nil
	}
	uids, gids, reason := subordinate(uid)
	if reason != "" {
		single.Degraded = onlyOne + reason
		return single, nil
	}
	return IDMaps{UIDs: stack(uint32(uid), uids), GIDs: stack(uint32(gid), gids)}, nil
}

// onlyOne begins what is said where there is only one id.
const onlyOne = "only your own user and group id exist in containers: "

// SingleID are maps of the caller's own ids alone, which need no newuidmap.
func SingleID() IDMaps {
	return IDMaps{UIDs: []IDRange{{0, uint32(os.Getuid()), 1}}, GIDs: []IDRange{{0, uint32(os.Getgid()), 1}}}
}

// subordinate finds the ranges that the administrator gave the user, or says
// why they cannot be used.
func subordinate(uid int) (uids, gids []idtools.SubIDRange, reason string) {
	host := cause.Here()
	for _, tool := range []string{"newuidmap", "newgidmap"} {
		if host.Program(tool) == "" {
			c, _ := cause.MapTool(host, tool, "", false, false)
			return nil, nil, c.String()
		}
	}
	uids, gids, err := idtools.GetSubIDRanges(uid, host.User)
	if c, bad := cause.SubordinateIDs(host); bad && (err != nil || len(uids) == 0 || len(gids) == 0) {
		return nil, nil, c.String()
	}
	if err != nil {
		return nil, nil, err.Error()
	}
	if len(uids) == 0 || len(gids) == 0 {
		return nil, nil, "no subordinate ids for " + host.User
	}
	return uids, gids, ""
}

// stack puts the caller at 0 and the subordinate ranges one after the other above.
func stack(own uint32, ranges []idtools.SubIDRange) []IDRange {
	m := []IDRange{{0, own, 1}}
	next := uint32(1)
	for _, r := range ranges {
		if r.Length <= 0 || r.Start < 0 || uint64(next)+uint64(r.Length) > 1<<32-1 {
			continue
		}
		m = append(m, IDRange{next, uint32(r.Start), uint32(r.Length)})
		next += uint32(r.Length)
	}
	return m
}

// identityMaps maps every id of the namespace that root is in to itself.
func identityMaps() (IDMaps, error) {
	uids, err := identity("/proc/self/uid_map")
	if err != nil {
		return IDMaps{}, err
	}
	gids, err := identity("/proc/self/gid_map")
	return IDMaps{UIDs: uids, GIDs: gids, Direct: true}, err
}

func identity(path string) ([]IDRange, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	ranges, err := parseIDMap(string(b))
	for i := range ranges {
		ranges[i].Outside = ranges[i].Inside
	}
	return ranges, err
}

// parseIDMap reads the format of /proc/PID/uid_map.
func parseIDMap(text string) ([]IDRange, error) {
	var m []IDRange
	for line := range strings.Lines(text) {
		var r IDRange
		if _, err := fmt.Sscan(line, &r.Inside, &r.Outside, &r.Count); err != nil {
			return nil, fmt.Errorf("id map line %q: %w", line, err)
		}
		m = append(m, r)
	}
	return m, nil
}

// write gives the process its maps and reads them back.
func (m IDMaps) write(ctx context.Context, pid int) error {
	if err := m.writeOne(ctx, "newuidmap", "uid_map", pid, m.UIDs); err != nil {
		return err
	}
	return m.writeOne(ctx, "newgidmap", "gid_map", pid, m.GIDs)
}

func (m IDMaps) writeOne(ctx context.Context, tool, file string, pid int, ranges []IDRange) error {
	path := fmt.Sprintf("/proc/%d/%s", pid, file)
	var err error
	switch {
	case m.Direct:
		err = os.WriteFile(path, []byte(formatIDMap(ranges)), 0)
	case m.Single():
		if file == "gid_map" { // user_namespaces(7): a plain user must give up setgroups first
			err = os.WriteFile(fmt.Sprintf("/proc/%d/setgroups", pid), []byte("deny"), 0)
		}
		if err == nil {
			err = os.WriteFile(path, []byte(formatIDMap(ranges)), 0)
		}
	default:
		err = runMapTool(ctx, tool, pid, ranges)
	}
	if err != nil {
		return fmt.Errorf("write %s of the user namespace: %w", file, err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if got, err := parseIDMap(string(b)); err != nil || len(got) != len(ranges) {
		return fmt.Errorf("%s of the user namespace reads %q, wanted %q", file, b, formatIDMap(ranges))
	}
	return nil
}

func formatIDMap(ranges []IDRange) string {
	var b strings.Builder
	for _, r := range ranges {
		fmt.Fprintf(&b, "%d %d %d\n", r.Inside, r.Outside, r.Count)
	}
	return b.String()
}

// runMapTool finds the tool as subordinate did: also where PATH does not lead.
func runMapTool(ctx context.Context, tool string, pid int, ranges []IDRange) error {
	path := cause.Here().Program(tool)
	if path == "" {
		path = tool // it has gone meanwhile
	}
	args := []string{strconv.Itoa(pid)}
	for _, r := range ranges {
		args = append(args, fmt.Sprint(r.Inside), fmt.Sprint(r.Outside), fmt.Sprint(r.Count))
	}
	out, err := exec.CommandContext(ctx, path, args...).CombinedOutput()
	if err == nil {
		return nil
	}
	text := strings.TrimSpace(string(out))
	if errors.Is(err, exec.ErrNotFound) || text == "" {
		text = err.Error()
	}
	return &cause.Error{Doing: "map ids", Err: errors.New(text), Cause: explainTool(tool, text)}
}

// explainTool says why newuidmap has failed: for what its file is, or for the ranges.
func explainTool(tool, said string) cause.Cause {
	h := cause.Here()
	path := h.Program(tool)
	nosuid, privileged := MapToolRights(path)
	if c, bad := cause.MapTool(h, tool, path, nosuid, privileged); bad {
		return c
	}
	return cause.MapRefused(h, said)
}

// MapToolRights tells what counts of a file that is to have more rights than its
// caller: whether its mount takes them away, and whether it has any.
func MapToolRights(path string) (nosuid, privileged bool) {
	var where unix.Statfs_t
	nosuid = unix.Statfs(path, &where) == nil && where.Flags&unix.ST_NOSUID != 0
	st, err := os.Stat(path)
	if err != nil {
		return nosuid, false
	}
	n, err := unix.Getxattr(path, "security.capability", nil)
	return nosuid, st.Mode()&fs.ModeSetuid != 0 || err == nil && n > 0
}
