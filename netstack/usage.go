package netstack

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/vishvananda/netlink"
)

// Counters are what an endpoint has received and sent since it was made, as its
// container sees it.
type Counters struct {
	RxBytes, TxBytes     uint64
	RxPackets, TxPackets uint64
}

// EndpointUse is an endpoint with what went through it.
type EndpointUse struct {
	Container string
	EndpointInfo
	Counters
}

// NetworkUse is a network with the endpoints of the project's own containers,
// sorted by container.
type NetworkUse struct {
	NetworkInfo
	Labels    map[string]string
	Endpoints []EndpointUse
}

// Usage tells what stands on each network, sorted by name. The counters are those
// of the outer ends, which the kernel keeps; so they outlive this process, and end
// with the endpoint.
func (s *Stack) Usage() ([]NetworkUse, error) {
	infos := s.Networks()
	s.mu.Lock()
	at := map[string]int{}
	out := make([]NetworkUse, len(infos))
	for i, info := range infos {
		out[i].NetworkInfo, at[info.Name] = info, i
	}
	routers := []router{s.router}
	for _, n := range s.networks {
		if i, ok := at[n.name]; ok {
			out[i].Labels = n.labels
		}
		if n.shared != nil {
			routers = append(routers, n.router)
		}
	}
	for id, sb := range s.sandboxes {
		for _, e := range sb.endpoints {
			if i, ok := at[e.Network]; ok {
				out[i].Endpoints = append(out[i].Endpoints, EndpointUse{Container: id, EndpointInfo: e})
			}
		}
	}
	s.mu.Unlock()
	counters := map[string]Counters{}
	for _, r := range routers {
		if err := r.count(counters); err != nil {
			return nil, err
		}
	}
	for i := range out {
		for j := range out[i].Endpoints {
			out[i].Endpoints[j].Counters = counters[out[i].Endpoints[j].RouterEnd]
		}
		slices.SortFunc(out[i].Endpoints, func(a, b EndpointUse) int { return cmp.Compare(a.Container, b.Container) })
	}
	return out, nil
}

// count enters what went through the veth pairs of a namespace, by outer end:
// what that has sent, the container has received.
func (r router) count(into map[string]Counters) error {
	links, err := dump(r.LinkList)
	if err != nil {
		return fmt.Errorf("read the counters of the interfaces: %w", err)
	}
	for _, l := range links {
		if st := l.Attrs().Statistics; st != nil && l.Type() == (&netlink.Veth{}).Type() {
			into[l.Attrs().Name] = Counters{RxBytes: st.TxBytes, RxPackets: st.TxPackets, TxBytes: st.RxBytes, TxPackets: st.RxPackets}
		}
	}
	return nil
}
