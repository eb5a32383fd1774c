package show

import (
	"cmp"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"

	"github.com/mocker-compose/mocker-compose/internal/api"
)

// Ports says which ports of a container are published where, in docker's order
// and form: first those that are published under their own number or not at all,
// neighbours as one range, then the others, "0.0.0.0:8080->80/tcp".
func Ports(ports []api.Port) string {
	sorted := slices.Clone(ports)
	slices.SortFunc(sorted, func(a, b api.Port) int {
		return cmp.Or(cmp.Compare(a.Target, b.Target), cmp.Compare(hostIP(a), hostIP(b)),
			cmp.Compare(a.Published, b.Published), cmp.Compare(a.Protocol, b.Protocol))
	})
	var words, mapped []string
	var open []portRange // in the order of their first ports
	for _, p := range sorted {
		if p.Published != 0 && p.Published != p.Target {
			mapped = append(mapped, fmt.Sprintf("%s->%d/%s", HostPort(p), p.Target, p.Protocol))
			continue
		}
		i := slices.IndexFunc(open, func(r portRange) bool { return r.ip == hostIP(p) && r.protocol == p.Protocol })
		switch {
		case i < 0:
			open = append(open, portRange{hostIP(p), p.Protocol, p.Target, p.Target})
		case p.Target == open[i].last+1:
			open[i].last = p.Target
		default:
			words = append(words, open[i].String())
			open[i].first, open[i].last = p.Target, p.Target
		}
	}
	for _, r := range open {
		words = append(words, r.String())
	}
	return strings.Join(append(words, mapped...), ", ")
}

// portRange is a run of ports with the same number on both sides.
type portRange struct {
	ip, protocol string
	first, last  uint16
}

func (r portRange) String() string {
	span := strconv.Itoa(int(r.first))
	if r.last != r.first {
		span += "-" + strconv.Itoa(int(r.last))
	}
	if r.ip == "" {
		return span + "/" + r.protocol
	}
	return net.JoinHostPort(r.ip, span) + "->" + span + "/" + r.protocol
}

// hostIP is the address that a port is bound to; no address means all of IPv4.
func hostIP(p api.Port) string {
	if p.HostIP == "" && p.Published != 0 {
		return "0.0.0.0"
	}
	return p.HostIP
}

// HostPort is the host's side of a published port: "0.0.0.0:8080".
func HostPort(p api.Port) string {
	return net.JoinHostPort(hostIP(p), strconv.Itoa(int(p.Published)))
}
