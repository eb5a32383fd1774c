package dns

import (
	"net/netip"
	"os"
	"sync"
	"syscall"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/resolvconf"
)

// localServer is who is asked when the file names nobody, or is not there
// (resolv.conf(5)).
var localServer = netip.MustParseAddr("127.0.0.1")

// hostConf is a resolv.conf(5) that is read again when it has changed: a laptop
// that joins another network must not need a restart of the project. The look
// before each question costs a microsecond; nothing has to watch, and a link, a
// file that is replaced, and one that is not there yet are all the same to it.
type hostConf struct {
	path string

	mu    sync.Mutex
	as    stamp // what was read last
	known servers
}

// servers is whom to ask, and how.
type servers struct {
	list []netip.AddrPort
	resolvconf.Manners
}

// stamp tells one state of a file from another: ctime also from one that was
// written in the same moment with the same size and given an old mtime.
type stamp struct {
	dev, ino           uint64
	size               int64
	modified, changed  syscall.Timespec
	missing, undecided bool
}

// read returns the servers in order, at least one.
func (c *hostConf) read() servers {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := look(c.path)
	if c.known.list != nil && now == c.as && !c.as.undecided {
		return c.known
	}
	b, err := os.ReadFile(c.path)
	if err != nil && !now.missing && c.known.list != nil {
		return c.known // not readable at this moment: the next question tries again
	}
	conf := resolvconf.Parse(string(b))
	if len(conf.Servers) == 0 {
		conf.Servers = []netip.Addr{localServer}
	}
	c.as, c.known = now, servers{Manners: resolvconf.MannersOf(conf.Options)}
	for _, a := range conf.Servers {
		c.known.list = append(c.known.list, netip.AddrPortFrom(a, 53))
	}
	return c.known
}

// look is taken before the file is read: what is written in between is seen by
// the next look. A file that was just written may be written again within the
// same tick of the file system's clock, so it is not believed yet.
func look(path string) stamp {
	var st syscall.Stat_t
	if err := syscall.Stat(path, &st); err != nil {
		return stamp{missing: err == syscall.ENOENT || err == syscall.ENOTDIR}
	}
	fresh := time.Since(time.Unix(st.Ctim.Unix())) < 20*time.Millisecond
	return stamp{dev: uint64(st.Dev), ino: st.Ino, size: st.Size, modified: st.Mtim, changed: st.Ctim, undecided: fresh}
}
