package networkcmd

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/internal/client"
	"github.com/mocker-compose/mocker-compose/internal/networks"
	"github.com/mocker-compose/mocker-compose/project"
)

// view is a network of either kind.
type view struct {
	api.Network
	v4, v6  bool
	options map[string]string
	defined bool // by network create
}

// collect finds all networks, sorted by name.
func collect(ctx context.Context, e *client.Env) ([]view, error) {
	defined, err := networks.Open(e.Dirs).List()
	if err != nil {
		return nil, err
	}
	running, err := e.Networks(ctx)
	if err != nil {
		return nil, err
	}
	return merge(defined, running), nil
}

// merge joins definitions with what the projects say of who stands there.
func merge(defined []networks.Network, running []api.Network) []view {
	var out []view
	at := map[string]int{}
	for i := range defined {
		at[defined[i].Name] = len(out)
		out = append(out, viewOf(&defined[i]))
	}
	for _, n := range running {
		if i, ok := at[n.Name]; ok && n.External {
			out[i].Endpoints = append(out[i].Endpoints, n.Endpoints...)
			continue
		}
		v := view{Network: n}
		for _, s := range n.Subnets {
			six := strings.Contains(s.Subnet, ":")
			v.v4, v.v6 = v.v4 || !six, v.v6 || six
		}
		out = append(out, v)
	}
	slices.SortStableFunc(out, func(a, b view) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

func viewOf(n *networks.Network) view {
	v := view{
		Network: api.Network{
			Name: n.Name, ID: n.ID, Created: n.Created, Internal: n.Internal, Attachable: n.Attachable, Labels: n.Labels,
		},
		v4: !n.NoIPv4, v6: n.IPv6, options: n.Options, defined: true,
	}
	for _, p := range n.Pools {
		v.Subnets = append(v.Subnets, api.Subnet(p))
	}
	return v
}

// find is the network of that name, or of that id or its beginning; names go
// first, and what is not unique is not found.
func find(all []view, name string) (view, bool) {
	for _, v := range all {
		if v.Name == name {
			return v, true
		}
	}
	var found []view
	for _, v := range all {
		if name != "" && strings.HasPrefix(v.ID, name) {
			found = append(found, v)
		}
	}
	if len(found) != 1 {
		return view{}, false
	}
	return found[0], true
}

// inspected has docker's names for what is known of a network; of Statistics and
// the counters of endpoints docker has none.
type inspected struct {
	Name       string
	Id         string //nolint:revive // docker's name
	Created    string
	Scope      string
	Driver     string
	EnableIPv4 bool
	EnableIPv6 bool
	IPAM       addresses
	Internal   bool
	Attachable bool
	Ingress    bool
	ConfigFrom struct{ Network string }
	ConfigOnly bool
	Containers map[string]endpoint
	Options    map[string]string
	Labels     map[string]string
	Statistics statistics
}

type addresses struct {
	Driver  string
	Options map[string]string
	Config  []subnet
}

type subnet struct {
	Subnet             string
	IPRange            string            `json:",omitempty"`
	Gateway            string            `json:",omitempty"`
	AuxiliaryAddresses map[string]string `json:",omitempty"`
}

type endpoint struct {
	Name        string
	EndpointID  string
	MacAddress  string
	IPv4Address string
	IPv6Address string
	statistics
}

type statistics struct{ RxBytes, RxPackets, TxBytes, TxPackets uint64 }

func (v *view) inspect() inspected {
	i := inspected{
		Name: v.Name, Id: v.ID, Scope: "local", Driver: networks.Driver, EnableIPv4: v.v4, EnableIPv6: v.v6,
		IPAM: addresses{Driver: "default", Options: map[string]string{}, Config: []subnet{}}, Internal: v.Internal, Attachable: v.Attachable,
		Containers: map[string]endpoint{}, Options: orEmpty(v.options), Labels: orEmpty(v.Labels),
	}
	if !v.Created.IsZero() {
		i.Created = v.Created.Format(time.RFC3339Nano)
	}
	for _, s := range v.Subnets {
		i.IPAM.Config = append(i.IPAM.Config, subnet{Subnet: s.Subnet, IPRange: s.IPRange, Gateway: s.Gateway, AuxiliaryAddresses: project.WrittenAux(s.Aux)})
	}
	for _, e := range v.Endpoints {
		if !e.Up {
			continue // docker lists those that run
		}
		sum := sha256.Sum256([]byte(v.ID + e.ID))
		s := statistics{RxBytes: e.RxBytes, RxPackets: e.RxPackets, TxBytes: e.TxBytes, TxPackets: e.TxPackets}
		i.Containers[e.ID] = endpoint{
			Name: e.Container, EndpointID: hex.EncodeToString(sum[:]), MacAddress: e.MAC,
			IPv4Address: e.IPv4, IPv6Address: e.IPv6, statistics: s,
		}
		i.Statistics.add(s)
	}
	return i
}

func (s *statistics) add(o statistics) {
	s.RxBytes += o.RxBytes
	s.RxPackets += o.RxPackets
	s.TxBytes += o.TxBytes
	s.TxPackets += o.TxPackets
}

func orEmpty(m map[string]string) map[string]string {
	if m == nil {
		return map[string]string{}
	}
	return m
}
