package networks

import (
	"context"
	"maps"
	"net/netip"
	"slices"

	"github.com/mocker-compose/mocker-compose/project"
)

// Labels of docker compose on a network that a project has made.
const (
	LabelProject = "com.docker.compose.project"
	LabelKey     = "com.docker.compose.network"
)

// Owner is the project that has made the network, "" if none has.
func (n *Network) Owner() string { return n.Labels[LabelProject] }

// Joinable reports that other projects may join a network of a file that is not
// external: it has a name of its own choice, of which docker has one network, or is
// attachable. Others stand in the project's own namespace.
func Joinable(p *project.Project, n *project.Network) bool {
	return !n.External && (n.Attachable || n.Name != p.Name+"_"+n.Key)
}

// OfFile is the definition of a named network of a project.
func OfFile(owner string, n *project.Network) Network {
	out := Network{
		Name: n.Name, NoIPv4: n.NoIPv4, IPv6: n.IPv6, Internal: n.Internal, Attachable: n.Attachable,
		Labels: map[string]string{}, Options: settingsAsOptions(n.MTU, n.Isolated),
	}
	maps.Copy(out.Labels, n.Labels)
	out.Labels[LabelProject], out.Labels[LabelKey] = owner, n.Key // by these down finds it, whatever the file says
	out.Labels[project.HashLabel] = n.Hash()
	for _, s := range n.Subnets {
		out.Pools = append(out.Pools, Pool(s))
	}
	return out
}

// Fits reports that a definition is what is wanted, where that says something.
func (n Network) Fits(have *Network) bool {
	if n.check() != nil {
		return false // the error is Create's
	}
	for _, p := range n.Pools {
		if !slices.ContainsFunc(have.Pools, p.same) {
			return false
		}
	}
	return n.NoIPv4 == have.NoIPv4 && n.IPv6 == have.IPv6 && n.Internal == have.Internal && maps.Equal(n.Options, have.Options)
}

func (p Pool) same(o Pool) bool {
	return p.Subnet == o.Subnet && p.Gateway == o.Gateway && p.IPRange == o.IPRange && maps.Equal(p.Aux, o.Aux)
}

// Ensure is the network of that name: the one that exists, or a new one of the
// definition. taken are the ranges that a chosen subnet avoids.
func (s *Store) Ensure(ctx context.Context, n Network, taken []netip.Prefix) (Network, error) {
	if have, err := s.Get(n.Name); err == nil {
		return have, nil
	}
	made, err := s.Create(ctx, n, taken)
	if have, getErr := s.Get(n.Name); err != nil && getErr == nil {
		return have, nil // somebody was faster
	}
	return made, err
}

// Owned are the networks that a project has made, by name.
func (s *Store) Owned(owner string) ([]Network, error) {
	list, err := s.List()
	return slices.DeleteFunc(list, func(n Network) bool { return n.Owner() != owner }), err
}
