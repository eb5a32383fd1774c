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

// Ports says which ports of a container are published where:
// "0.0.0.0:8080->80/tcp". Neighbouring ports become one range, as in docker.
func Ports(ports []api.Port) string {
	sorted := slices.Clone(ports)
	slices.SortFunc(sorted, func(a, b api.Port) int {
		return cmp.Or(cmp.Compare(a.Protocol, b.Protocol), cmp.Compare(a.HostIP, b.HostIP),
			cmp.Compare(a.Target, b.Target), cmp.Compare(a.Published, b.Published))
	})
	var words []string
	for i := 0; i < len(sorted); {
		n := run(sorted[i:])
		words = append(words, portRange(sorted[i], uint16(n-1)))
		i += n
	}
	return strings.Join(words, ", ")
}

// run counts how many ports from the first on follow each other on both sides.
func run(ports []api.Port) int {
	first := ports[0]
	for i, p := range ports {
		next := first
		next.Target += uint16(i)
		if first.Published != 0 {
			next.Published += uint16(i)
		}
		if p != next {
			return i
		}
	}
	return len(ports)
}

func portRange(p api.Port, more uint16) string {
	target := span(p.Target, more) + "/" + p.Protocol
	if p.Published == 0 {
		return target
	}
	return net.JoinHostPort(hostIP(p), span(p.Published, more)) + "->" + target
}

func span(first, more uint16) string {
	if more == 0 {
		return strconv.Itoa(int(first))
	}
	return fmt.Sprintf("%d-%d", first, first+more)
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
