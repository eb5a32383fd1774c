package whycmd

import (
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"github.com/mocker-compose/mocker-compose/internal/why"
	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/supervisor/record"
)

// binds are what a container has of this machine, with their owners.
func binds(r *record.Replica, inside func(uid int) int) (list []why.Bind) {
	for _, m := range r.Service.Mounts {
		if m.Type != project.MountBind {
			continue
		}
		b := why.Bind{Source: m.Source, Target: filepath.Clean(m.Target), ReadOnly: m.ReadOnly, Inside: -1}
		st, err := os.Stat(m.Source)
		if err != nil {
			b.Missing = os.IsNotExist(err)
			list = append(list, b)
			continue
		}
		b.Mode = st.Mode()
		if sys, ok := st.Sys().(*syscall.Stat_t); ok {
			b.Owner, b.Inside = strconv.Itoa(int(sys.Uid)), inside(int(sys.Uid))
			if u, err := user.LookupId(b.Owner); err == nil {
				b.Owner = u.Username
			}
		}
		list = append(list, b)
	}
	return list
}

// idsInside tells which id of containers an id of this machine is: the caller's is 0, the
// subordinate ones follow from 1 on (subuid(5)); -1 = none.
func idsInside() func(uid int) int {
	own := os.Getuid()
	name := strconv.Itoa(own)
	names := []string{name}
	if u, err := user.LookupId(name); err == nil {
		names = append(names, u.Username)
	}
	text, err := os.ReadFile("/etc/subuid")
	if err != nil {
		text = nil // then nobody else is there
	}
	type span struct{ first, count int }
	var spans []span
	for line := range strings.Lines(string(text)) {
		p := strings.Split(strings.TrimSpace(line), ":")
		if len(p) != 3 || p[0] != names[0] && p[0] != names[len(names)-1] {
			continue
		}
		first, err1 := strconv.Atoi(p[1])
		count, err2 := strconv.Atoi(p[2])
		if err1 == nil && err2 == nil {
			spans = append(spans, span{first, count})
		}
	}
	return func(uid int) int {
		if uid == own {
			return 0
		}
		next := 1
		for _, s := range spans {
			if uid >= s.first && uid < s.first+s.count {
				return next + uid - s.first
			}
			next += s.count
		}
		return -1
	}
}
