package commons

import (
	"encoding/json"
	"net/netip"
)

// State is what all projects on a network have to agree on.
type State struct {
	// Device and Inode identify the namespace X (stat(2) of its file); another
	// one that somebody may still have open is of the past.
	Device uint64 `json:"device,omitempty"`
	Inode  uint64 `json:"inode,omitempty"`
	// Spec is what the network is like, as package netstack writes it down.
	Spec json.RawMessage `json:"spec,omitempty"`
}

// Member is what one project has on a network.
type Member struct {
	Project string          `json:"-"`
	Leg     Place           `json:"leg"`             // of its router namespace
	Hosts   map[string]Host `json:"hosts,omitempty"` // by container
	Last    Last            `json:"last"`
}

// Last is what was given out last by a project: the next addresses are above those
// with the highest number, so that one that was given back rests.
type Last struct {
	Number uint64     `json:"number"`
	IPv4   netip.Addr `json:"ipv4,omitzero"`
	IPv6   netip.Addr `json:"ipv6,omitzero"`
}

// Latest is the last of all members.
func Latest(members []Member) (last Last) {
	for i := range members {
		if members[i].Last.Number >= last.Number {
			last = members[i].Last
		}
	}
	return last
}

// Place is one interface on the network.
type Place struct {
	IPv4 netip.Addr `json:"ipv4,omitzero"`
	IPv6 netip.Addr `json:"ipv6,omitzero"`
	Link string     `json:"link,omitempty"` // name of the end that is in X
}

// Host is one container.
type Host struct {
	Place
	Names []string `json:"names,omitempty"` // all that it is found by here
	Up    bool     `json:"up,omitempty"`    // it runs: its names are answered
}

// places are all interfaces of a member, by who has them.
func (m *Member) places() map[string]Place {
	out := map[string]Place{m.Project: m.Leg}
	for name, h := range m.Hosts {
		out[m.Project+"/"+name] = h.Place
	}
	return out
}

// Owners tells who has which address, over all members: "PROJECT" is the leg of
// a project, "PROJECT/CONTAINER" a container.
func Owners(members []Member) map[netip.Addr]string {
	out := map[netip.Addr]string{}
	for i := range members {
		for who, p := range members[i].places() {
			for _, a := range []netip.Addr{p.IPv4, p.IPv6} {
				if a.IsValid() {
					out[a] = who
				}
			}
		}
	}
	return out
}
