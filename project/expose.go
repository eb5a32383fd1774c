package project

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// ExposedPorts are the container ports that the service or its image names,
// published or not, sorted. An entry of expose that is no port or range of ports
// says nothing.
func (s *Service) ExposedPorts() []Port {
	var out []Port
	for _, e := range s.Expose {
		ports, protocol, ok := strings.Cut(e, "/")
		if !ok {
			protocol = "tcp"
		}
		low, high, ranged := strings.Cut(ports, "-")
		if !ranged {
			high = low
		}
		first, err1 := strconv.ParseUint(low, 10, 16)
		last, err2 := strconv.ParseUint(high, 10, 16)
		if err1 != nil || err2 != nil || first == 0 {
			continue
		}
		for n := first; n <= last; n++ {
			out = append(out, Port{Target: uint16(n), Protocol: protocol})
		}
	}
	for _, p := range s.Ports {
		out = append(out, Port{Target: p.Target, Protocol: p.Protocol})
	}
	slices.SortFunc(out, func(a, b Port) int {
		return cmp.Or(cmp.Compare(a.Target, b.Target), cmp.Compare(a.Protocol, b.Protocol))
	})
	return slices.Compact(out)
}
