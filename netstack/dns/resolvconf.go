package dns

import (
	"net/netip"
	"os"
	"strings"
	"sync"
	"time"
)

// maxServers is how many name servers are used (resolv.conf(5), MAXNS).
const maxServers = 3

// resolvConf is a resolv.conf(5) that is read again when it has changed: a
// laptop that joins another network must not need a restart of the project.
type resolvConf struct {
	path string

	mu      sync.Mutex
	size    int64
	changed time.Time
	servers []netip.AddrPort
}

// nameservers returns the servers in order; none if the file is missing or
// names none.
func (r *resolvConf) nameservers() []netip.AddrPort {
	r.mu.Lock()
	defer r.mu.Unlock()
	info, err := os.Stat(r.path)
	if err != nil {
		r.size, r.changed, r.servers = 0, time.Time{}, nil
		return nil
	}
	if info.Size() == r.size && info.ModTime().Equal(r.changed) {
		return r.servers
	}
	b, err := os.ReadFile(r.path)
	if err != nil {
		return r.servers // being replaced at this moment: the next question reads it
	}
	r.size, r.changed, r.servers = info.Size(), info.ModTime(), parseNameservers(string(b))
	return r.servers
}

func parseNameservers(text string) []netip.AddrPort {
	var out []netip.AddrPort
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		if len(fields) < 2 || fields[0] != "nameserver" {
			continue
		}
		a, err := netip.ParseAddr(fields[1])
		if err != nil {
			continue // glibc skips what it cannot read, too
		}
		if out = append(out, netip.AddrPortFrom(a.Unmap(), 53)); len(out) == maxServers {
			break
		}
	}
	return out
}
