package lookcmd

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/internal/client"
	"github.com/mocker-compose/mocker-compose/internal/show"
)

// PortOptions are the flags of port.
type PortOptions struct {
	Protocol string
	Index    int
	flags    *pflag.FlagSet
}

// Register defines the flags in fs.
func (o *PortOptions) Register(fs *pflag.FlagSet) {
	fs.StringVar(&o.Protocol, "protocol", "tcp", "tcp or udp")
	fs.IntVar(&o.Index, "index", 0, "the replica, if the service has several")
	o.flags = fs
}

// Port prints where a port of a service is published, or, without a port, where
// all of them are. args are the service and perhaps the port.
func Port(ctx context.Context, e *client.Env, t client.Target, o *PortOptions, args []string) error {
	want, err := o.wanted(args)
	if err != nil {
		return err
	}
	c, err := e.Replica(ctx, t, args[0], o.Index, client.IsUp)
	if err != nil {
		return err
	}
	var lines []string
	for _, p := range sortedPorts(c.Ports) {
		if p.Published == 0 || want.Protocol != "" && p.Protocol != want.Protocol {
			continue
		}
		switch want.Target {
		case 0:
			lines = append(lines, fmt.Sprintf("%d/%s -> %s", p.Target, p.Protocol, show.HostPort(p)))
		case p.Target:
			lines = append(lines, show.HostPort(p))
		}
	}
	if want.Target == 0 {
		for _, l := range lines {
			e.Println(l)
		}
		return nil
	}
	if len(lines) == 0 {
		return noPort(c, want)
	}
	e.Println(lines[0])
	return nil
}

// wanted is the port asked for; Target 0 means all.
func (o *PortOptions) wanted(args []string) (p api.Port, err error) {
	if len(args) == 0 || len(args) > 2 {
		return p, client.ErrUnread // cobra explains it
	}
	p.Protocol = strings.ToLower(o.Protocol)
	if p.Protocol != "tcp" && p.Protocol != "udp" {
		return p, fmt.Errorf("invalid --protocol %q: use tcp or udp", o.Protocol)
	}
	if len(args) == 1 {
		if !o.flags.Changed("protocol") {
			p.Protocol = ""
		}
		return p, nil
	}
	n, err := strconv.ParseUint(args[1], 10, 16)
	if err != nil || n == 0 {
		return p, fmt.Errorf("invalid port %q: it is a number from 1 to 65535", args[1])
	}
	p.Target = uint16(n)
	return p, nil
}

func sortedPorts(list []api.Port) []api.Port {
	list = slices.Clone(list)
	slices.SortFunc(list, func(a, b api.Port) int {
		return cmp.Or(cmp.Compare(a.Target, b.Target), cmp.Compare(a.Protocol, b.Protocol),
			cmp.Compare(a.HostIP, b.HostIP), cmp.Compare(a.Published, b.Published))
	})
	return list
}

func noPort(c api.Container, want api.Port) error {
	var have []string
	exposed := false
	for _, p := range sortedPorts(c.Ports) {
		if p.Published != 0 {
			have = append(have, fmt.Sprintf("%d/%s", p.Target, p.Protocol))
		} else if p.Target == want.Target && p.Protocol == want.Protocol {
			exposed = true
		}
	}
	have = slices.Compact(have) // once, however many addresses it has
	if len(have) == 0 {
		have = []string{"it publishes none"}
	}
	text := fmt.Sprintf("no port %d/%s for container %s", want.Target, want.Protocol, c.Name)
	if exposed {
		text = fmt.Sprintf("port %d/%s of container %s is exposed and not published", want.Target, want.Protocol, c.Name)
	}
	return fmt.Errorf("%s: %s", text, strings.Join(have, ", "))
}
