package config

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Ports reads a port, or a range of them, with its protocol: "80", "53/udp",
// "8000-8010/tcp".
func Ports(s string) (first, last uint16, protocol string, err error) {
	numbers, protocol, found := strings.Cut(s, "/")
	if !found {
		protocol = "tcp"
	}
	from, to, isRange := strings.Cut(numbers, "-")
	if !isRange {
		to = from
	}
	a, aerr := strconv.ParseUint(from, 10, 16)
	b, berr := strconv.ParseUint(to, 10, 16)
	protocol = strings.ToLower(protocol)
	if aerr != nil || berr != nil || a == 0 || a > b || !slices.Contains([]string{"tcp", "udp", "sctp"}, protocol) {
		return 0, 0, "", fmt.Errorf("invalid containerPort: %s", s)
	}
	return uint16(a), uint16(b), protocol, nil
}
