// Package resolvconf reads and writes resolv.conf(5): the file in which a
// machine, or a container, is told whom to ask for names.
//
// It is pure. Who follows the changes of the host's file is netstack/dns; what a
// container's file says is decided here ([Conf.Inside]), so that both mean the
// same by each line.
package resolvconf

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
)

// MaxServers is how many servers are used (resolv.conf(5), MAXNS).
const MaxServers = 3

// Conf is what a file says.
type Conf struct {
	Servers []netip.Addr // at most [MaxServers], in order
	Search  []string     // of the last search or domain line
	Options []string     // "ndots:1", "rotate", in order, of all lines
}

// Parse reads a file. What it cannot read it skips, as glibc does.
func Parse(text string) Conf {
	var c Conf
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		if len(fields) < 2 {
			continue
		}
		switch args := fields[1:]; fields[0] {
		case "nameserver":
			if a, err := netip.ParseAddr(args[0]); err == nil && len(c.Servers) < MaxServers {
				c.Servers = append(c.Servers, a.Unmap())
			}
		case "search":
			c.Search = args
		case "domain":
			c.Search = args[:1] // the older form of search, and the later line wins
		case "options":
			c.Options = append(c.Options, args...)
		}
	}
	return c
}

// String is the file that says c.
func (c Conf) String() string {
	var b strings.Builder
	for _, s := range c.Servers {
		b.WriteString("nameserver " + s.String() + "\n")
	}
	if len(c.Search) > 0 {
		b.WriteString("search " + strings.Join(c.Search, " ") + "\n")
	}
	if len(c.Options) > 0 {
		b.WriteString("options " + strings.Join(c.Options, " ") + "\n")
	}
	return b.String()
}

// Wanted is what a compose file says of a service's names: dns, dns_search, dns_opt.
type Wanted struct {
	Servers []netip.Addr
	Search  []string // ["."] means none
	Options []string
}

// With puts what is wanted in the place of what the host has: the file of a
// container in the host's own network.
func (c Conf) With(w Wanted) Conf {
	if len(w.Servers) > 0 {
		c.Servers = w.Servers
	}
	if len(w.Search) > 0 {
		c.Search = slices.DeleteFunc(slices.Clone(w.Search), func(s string) bool { return s == "." })
	}
	if len(w.Options) > 0 {
		c.Options = slices.Clone(w.Options)
	}
	return c
}

// Inside is the file of a container that asks the resolver at server. The search
// list and options are the host's unless others are wanted; with docker's ndots:0
// a name of one label is asked for as it is before the search list is tried.
func (c Conf) Inside(server netip.Addr, w Wanted) Conf {
	c = c.With(w)
	c.Servers = []netip.Addr{server}
	if _, ok := option(c.Options, "ndots"); !ok {
		c.Options = append(slices.Clone(c.Options), "ndots:0")
	}
	return c
}

// Manners are the options that concern whoever sends the questions.
type Manners struct {
	Timeout  time.Duration // for each server; 0 = not said
	Attempts int           // rounds over all servers; 0 = not said
	Rotate   bool          // begin with another server each time
}

// MannersOf reads timeout:n (seconds, at most 30), attempts:n (at most 5) and
// rotate; the bounds are glibc's (resolv.conf(5)).
func MannersOf(options []string) Manners {
	m := Manners{Rotate: slices.Contains(options, "rotate")}
	if n, ok := option(options, "timeout"); ok {
		m.Timeout = time.Duration(min(max(n, 1), 30)) * time.Second
	}
	if n, ok := option(options, "attempts"); ok {
		m.Attempts = min(max(n, 1), 5)
	}
	return m
}

// option is the last value of name:n.
func option(options []string, name string) (n int, ok bool) {
	for _, o := range options {
		if v, found := strings.CutPrefix(o, name+":"); found {
			if i, err := strconv.Atoi(v); err == nil {
				n, ok = i, true
			}
		}
	}
	return n, ok
}
