// Package etchosts writes the /etc/hosts of a container (hosts(5)), as docker
// does: loopback, the container's own addresses with its names, and extra_hosts.
// It is pure.
package etchosts

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/mocker-compose/mocker-compose/project"
)

// Config is what the file says.
type Config struct {
	// Host is the text of the machine's own file for who is in the machine's
	// network; "" = the container has a network of its own.
	Host string
	// Addresses are the container's own, in the order of its interfaces.
	Addresses            []netip.Addr
	Hostname, Domainname string
	// Extra are further lines, "name=address".
	Extra []string
	// Gateways are what [project.HostGateway] stands for in Extra.
	Gateways []netip.Addr
}

const (
	loopback = "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n"
	// only where there is IPv6
	multicast = "fe00::\tip6-localnet\nff00::\tip6-mcastprefix\nff02::1\tip6-allnodes\nff02::2\tip6-allrouters\n"
)

// Text is the file's text.
func (c Config) Text() string {
	var b strings.Builder
	if c.Host != "" {
		b.WriteString(strings.TrimRight(c.Host, "\n") + "\n\n")
	} else {
		b.WriteString(loopback)
		if slices.ContainsFunc(c.Addresses, netip.Addr.Is6) {
			b.WriteString(multicast)
		}
	}
	own := c.Hostname
	if c.Domainname != "" {
		own += "." + c.Domainname + " " + c.Hostname
	}
	for _, a := range c.Addresses {
		fmt.Fprintf(&b, "%s\t%s\n", a, own)
	}
	for _, e := range c.Extra {
		name, address, ok := strings.Cut(e, "=")
		switch {
		case !ok:
		case address == project.HostGateway:
			for _, a := range c.Gateways {
				fmt.Fprintf(&b, "%s\t%s\n", a, name)
			}
		default:
			fmt.Fprintf(&b, "%s\t%s\n", strings.Trim(address, "[]"), name)
		}
	}
	return b.String()
}
