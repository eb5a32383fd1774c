package networkcmd

import (
	"context"
	"fmt"
	"net/netip"
	"strings"

	"github.com/spf13/pflag"

	"github.com/mocker-compose/mocker-compose/internal/client"
	"github.com/mocker-compose/mocker-compose/internal/client/listing"
	"github.com/mocker-compose/mocker-compose/internal/networks"
	"github.com/mocker-compose/mocker-compose/netstack"
)

// CreateOptions are the flags of network create.
type CreateOptions struct {
	Driver, IPAMDriver           string
	Subnets, Gateways, IPRanges  []string
	Aux, Labels, Opts, IPAMOpts  []string
	Internal, Attachable, Ingres bool
	IPv4, IPv6, ConfigOnly       bool
	Scope, ConfigFrom            string
}

// Register defines the flags in fs.
func (o *CreateOptions) Register(fs *pflag.FlagSet) {
	fs.StringVarP(&o.Driver, "driver", "d", networks.Driver, "the driver; there is bridge alone")
	fs.StringArrayVar(&o.Subnets, "subnet", nil, "a `RANGE` of addresses, as in 10.20.0.0/24; one of each family")
	fs.StringArrayVar(&o.Gateways, "gateway", nil, "the gateway's `ADDRESS` in a subnet")
	fs.StringArrayVar(&o.IPRanges, "ip-range", nil, "the part of a subnet, as a `RANGE`, from which addresses are chosen")
	fs.StringArrayVar(&o.Aux, "aux-address", nil, "an address that is not given out, as `NAME=ADDRESS`")
	fs.BoolVar(&o.Internal, "internal", false, "no way to the outside")
	fs.BoolVar(&o.Attachable, "attachable", false, "taken and recorded: every container may be attached anyway")
	fs.BoolVar(&o.IPv4, "ipv4", true, "give addresses of IPv4")
	fs.BoolVar(&o.IPv6, "ipv6", false, "give addresses of IPv6")
	fs.StringArrayVar(&o.Labels, "label", nil, "a label, as `KEY=VALUE`")
	fs.StringArrayVarP(&o.Opts, "opt", "o", nil, "an option of the bridge driver, as `KEY=VALUE`")
	fs.StringVar(&o.IPAMDriver, "ipam-driver", "default", "who gives out addresses; there is default alone")
	fs.StringArrayVar(&o.IPAMOpts, "ipam-opt", nil, "taken for docker's sake: no option has a meaning")
	fs.StringVar(&o.Scope, "scope", "local", "local: there is one machine")
	fs.BoolVar(&o.Ingres, "ingress", false, "not possible: there is no swarm")
	fs.BoolVar(&o.ConfigOnly, "config-only", false, "not possible")
	fs.StringVar(&o.ConfigFrom, "config-from", "", "not possible")
	for _, name := range []string{"ipam-opt", "scope", "ingress", "config-only", "config-from"} {
		_ = fs.MarkHidden(name)
	}
}

// Create makes a network and prints its id.
func Create(ctx context.Context, e *client.Env, o *CreateOptions, name string) error {
	n, err := o.network(name)
	if err != nil {
		return err
	}
	running, err := e.Networks(ctx)
	if err != nil {
		return err
	}
	var taken []netip.Prefix
	for i := range running {
		if running[i].Name == name && !running[i].External {
			return fmt.Errorf("network with name %s already exists: it belongs to project %s", name, running[i].Project)
		}
		for _, s := range running[i].Subnets {
			if p, err := netip.ParsePrefix(s.Subnet); err == nil {
				taken = append(taken, p)
			}
		}
	}
	routes, err := netstack.HostRoutes()
	if err != nil {
		e.Warn(fmt.Sprintf("the host's routes cannot be read (%v): the subnet may overlap with one", err))
	}
	if e.Global.DryRun {
		if _, err := networks.Open(e.Dirs).Get(name); err == nil {
			return fmt.Errorf("network with name %s already exists", name)
		}
		e.Rehearse("Network", name, "Creating", "Created")
		return nil
	}
	made, err := networks.Open(e.Dirs).Create(ctx, n, append(taken, routes...))
	if err != nil {
		return err
	}
	if settings, err := made.Settings(); err == nil {
		for _, key := range settings.Unknown {
			e.Warn(fmt.Sprintf("network %s: option %s has no effect", name, key))
		}
	}
	e.Println(made.ID)
	return nil
}

func (o *CreateOptions) network(name string) (n networks.Network, err error) {
	switch {
	case o.Driver != networks.Driver && o.Driver != "default":
		return n, fmt.Errorf("driver %q is not there: the driver is bridge; others need privileges", o.Driver)
	case o.IPAMDriver != "default":
		return n, fmt.Errorf("ipam driver %q is not there: it is default", o.IPAMDriver)
	case o.Scope != "local", o.Ingres:
		return n, fmt.Errorf("there is no swarm: networks are local")
	case o.ConfigOnly, o.ConfigFrom != "":
		return n, fmt.Errorf("--config-only and --config-from are for drivers that need privileges: give the options themselves")
	}
	n = networks.Network{
		Name: name, NoIPv4: !o.IPv4, IPv6: o.IPv6, Internal: o.Internal, Attachable: o.Attachable,
		Labels: listing.Pairs(o.Labels), Options: listing.Pairs(o.Opts),
	}
	n.Pools, err = o.pools()
	return n, err
}

// pools puts each gateway, range and auxiliary address to the subnet that it
// lies in.
func (o *CreateOptions) pools() ([]networks.Pool, error) {
	var pools []networks.Pool
	var subnets []netip.Prefix
	for _, text := range o.Subnets {
		p, err := netip.ParsePrefix(text)
		if err != nil {
			return nil, fmt.Errorf("invalid subnet %q: write it as 10.20.0.0/24", text)
		}
		pools, subnets = append(pools, networks.Pool{Subnet: text}), append(subnets, p)
	}
	of := func(flag, text string) (*networks.Pool, error) {
		a, err := netip.ParseAddr(text)
		if r, rangeErr := netip.ParsePrefix(text); rangeErr == nil {
			a, err = r.Addr(), nil
		}
		if err != nil {
			return nil, fmt.Errorf("invalid --%s %q", flag, text)
		}
		for i, s := range subnets {
			if s.Contains(a) {
				return &pools[i], nil
			}
		}
		return nil, fmt.Errorf("no matching subnet for --%s %s: give its --subnet", flag, text)
	}
	for _, text := range o.Gateways {
		p, err := of("gateway", text)
		if err != nil {
			return nil, err
		}
		p.Gateway = text
	}
	for _, text := range o.IPRanges {
		p, err := of("ip-range", text)
		if err != nil {
			return nil, err
		}
		p.IPRange = text
	}
	for _, text := range o.Aux {
		name, address, ok := strings.Cut(text, "=")
		if !ok {
			return nil, fmt.Errorf("invalid --aux-address %q: write it as NAME=ADDRESS", text)
		}
		p, err := of("aux-address", address)
		if err != nil {
			return nil, err
		}
		if p.Aux == nil {
			p.Aux = map[string]string{}
		}
		p.Aux[name] = address
	}
	return pools, nil
}
