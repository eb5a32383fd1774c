package netstack

import (
	"errors"
	"fmt"
	"net/netip"
	"reflect"
	"slices"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/netstack/settings"
)

// Change gives a sandbox other endpoints, names or priorities while programs run in
// it. An endpoint that stays as it is keeps its interface, its addresses and its
// connections; one whose addresses, hardware address or interface name differ is
// made anew. The default routes follow.
//
// note is told which endpoints are about to be made, before they are: with this on
// record, [Stack.Survivors] mends what a process leaves that dies in between. On
// failure the endpoints that stay are left, and [Sandbox.Endpoints] tells them.
func (s *Stack) Change(id string, spec SandboxSpec, note func(coming []EndpointInfo) error) (*Sandbox, error) {
	sb, err := s.change(id, spec, note)
	if err != nil {
		return sb, fmt.Errorf("change the network of container %s: %w", id, err)
	}
	return sb, nil
}

func (s *Stack) change(id string, spec SandboxSpec, note func([]EndpointInfo) error) (*Sandbox, error) {
	s.mu.Lock()
	sb := s.sandboxes[id]
	s.mu.Unlock()
	switch {
	case sb == nil:
		return nil, errors.New("it has no net namespace")
	case sb.spec.NoNetwork != spec.NoNetwork:
		return sb, errors.New("one without any network cannot get one, nor lose all")
	}
	c := compare(sb, spec)
	if err := s.cut(sb, c.gone); err != nil {
		return sb, err
	}
	err := s.reserveFresh(sb, c)
	if fresh := c.infos(true); err == nil && len(fresh) > 0 {
		err = note(fresh)
	}
	if err == nil {
		err = s.rewire(sb, c)
	}
	if err != nil {
		err = errors.Join(err, s.drop(sb, c.infos(true)))
		c.slots = slices.DeleteFunc(c.slots, func(at slot) bool { return at.fresh })
		err = errors.Join(err, s.rewire(sb, c))
	}
	return sb, errors.Join(err, s.settle(sb, spec, c))
}

// comparison is what becomes of a sandbox: its endpoints in the order of the new
// specification, and those that go.
type comparison struct {
	slots []slot
	gone  []EndpointInfo
}

type slot struct {
	want  EndpointSpec
	info  EndpointInfo
	fresh bool // is to be made
}

func compare(sb *Sandbox, spec SandboxSpec) (c *comparison) {
	c = &comparison{}
	for _, want := range spec.Endpoints {
		at := slot{want: want, fresh: true}
		for i, e := range sb.endpoints {
			if e.Network == want.Network && i < len(sb.spec.Endpoints) && want.stays(sb.spec.Endpoints[i]) {
				at.info, at.fresh = e, false
				at.info.GatewayPriority = want.GatewayPriority
			}
		}
		c.slots = append(c.slots, at)
	}
	for _, e := range sb.endpoints {
		if !slices.ContainsFunc(c.slots, func(at slot) bool { return !at.fresh && at.info.RouterEnd == e.RouterEnd }) {
			c.gone = append(c.gone, e)
		}
	}
	return c
}

// stays reports whether an endpoint that was made as was is what is wanted, but for
// names and priority.
func (e EndpointSpec) stays(was EndpointSpec) bool {
	was.Aliases, was.GatewayPriority = e.Aliases, e.GatewayPriority
	return reflect.DeepEqual(e, was)
}

// infos are those to be made, or those that stay.
func (c *comparison) infos(fresh bool) (all []EndpointInfo) {
	for _, at := range c.slots {
		if at.fresh == fresh && at.info.RouterEnd != "" {
			all = append(all, at.info)
		}
	}
	return all
}

// cut deletes endpoints, with both their ends.
func (s *Stack) cut(sb *Sandbox, gone []EndpointInfo) error {
	if err := s.drop(sb, gone); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range gone {
		i := slices.IndexFunc(sb.endpoints, func(o EndpointInfo) bool { return o.RouterEnd == e.RouterEnd })
		sb.endpoints = slices.Delete(slices.Clone(sb.endpoints), i, i+1)
		sb.spec.Endpoints = slices.Delete(slices.Clone(sb.spec.Endpoints), i, i+1)
		s.leaveOutward(e)
	}
	return nil
}

// drop deletes interfaces and gives their addresses back. The kernel takes some 20 ms
// for each: nobody else has to wait for that.
func (s *Stack) drop(sb *Sandbox, endpoints []EndpointInfo) error {
	for _, e := range endpoints {
		s.mu.Lock()
		r := s.routerOf(e)
		s.mu.Unlock()
		if err := r.deleteLink(e.RouterEnd); err != nil {
			return err
		}
		s.mu.Lock()
		s.releaseEndpoint(e, sb.id)
		s.mu.Unlock()
	}
	return nil
}

// evict takes all sandboxes off a network that is being removed. s.mu is held.
func (s *Stack) evict(n *network) error {
	var errs []error
	for _, sb := range s.sandboxes {
		var endpoints []EndpointInfo
		var specs []EndpointSpec
		for i, e := range sb.endpoints {
			if e.Network == n.name {
				errs = append(errs, n.router.deleteLink(e.RouterEnd))
			} else if endpoints = append(endpoints, e); i < len(sb.spec.Endpoints) {
				specs = append(specs, sb.spec.Endpoints[i])
			}
		}
		if len(endpoints) < len(sb.endpoints) {
			sb.endpoints, sb.spec.Endpoints = endpoints, specs
		}
	}
	return errors.Join(errs...)
}

// routerOf speaks to the namespace where an endpoint's outer end is. s.mu is held.
func (s *Stack) routerOf(e EndpointInfo) router {
	if n := s.networks[e.Network]; n != nil {
		return n.router
	}
	return s.router
}

// reserveFresh takes the addresses of what is to be made. On failure it is left out
// of the comparison from there on.
func (s *Stack) reserveFresh(sb *Sandbox, c *comparison) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	// Names of interfaces avoid those that stay, and those that are asked for.
	naming := &Sandbox{id: sb.id, endpoints: c.infos(false)}
	for _, at := range c.slots {
		naming.spec.Endpoints = append(naming.spec.Endpoints, at.want)
	}
	for i := range c.slots {
		at := &c.slots[i]
		if !at.fresh {
			continue
		}
		info, err := s.reserveEndpoint(naming, at.want)
		if err != nil {
			return err
		}
		at.info = info
		naming.endpoints = append(naming.endpoints, info)
	}
	return nil
}

// rewire makes what is fresh and brings the default routes in line, in one visit to
// the namespace. Routes that the container has changed itself are its own affair.
func (s *Stack) rewire(sb *Sandbox, c *comparison) error {
	kept, fresh := c.infos(false), c.infos(true)
	all := append(slices.Clone(kept), fresh...)
	ports, err := s.portsOf(all, all)
	if err != nil || len(ports) == 0 {
		return err
	}
	return s.worker.do(sb.ns, func() error {
		inside, err := openRTNetlink()
		if err != nil {
			return err
		}
		defer inside.close()
		if err := steer(inside, ports[:len(kept)], unix.RTM_DELROUTE, unix.ESRCH); err != nil {
			return err
		}
		if err := attachAll(sb.ns, inside, ports[len(kept):], settings.HasIPv6()); err != nil {
			return err
		}
		return steer(inside, ports[:len(kept)], unix.RTM_NEWROUTE, unix.EEXIST)
	})
}

// steer deletes the default routes that endpoints must not give, or makes those that
// they must. so is the error that says that it is so already.
func steer(inside rtnetlink, ports []port, kind int, so error) error {
	for _, p := range ports {
		index, err := inside.indexOf(p.Interface)
		if err != nil {
			continue // the container has deleted or renamed it
		}
		for _, way := range []struct {
			gateway netip.Addr
			wanted  bool
		}{{p.Gateway, p.route4}, {p.Gateway6, p.route6}} {
			if !way.gateway.IsValid() || way.wanted != (kind == unix.RTM_NEWROUTE) {
				continue
			}
			err := inside.do(nil, routeRequest(kind, index, way.gateway).named("network %s: default route by %s", p.Network, way.gateway))
			if err != nil && !errors.Is(err, so) {
				return err
			}
		}
	}
	return nil
}

// settle makes the comparison the truth, and names and ports follow it.
func (s *Stack) settle(sb *Sandbox, spec SandboxSpec, c *comparison) error {
	s.mu.Lock()
	spec.Endpoints = nil
	sb.endpoints = nil
	for _, at := range c.slots {
		spec.Endpoints, sb.endpoints = append(spec.Endpoints, at.want), append(sb.endpoints, at.info)
	}
	sb.spec = spec
	s.enterHostWaysFor(sb)
	s.mu.Unlock()
	s.renewPorts(sb.id)
	s.enterNames(sb)
	return s.resettle(sb)
}

// resettle starts or ends the service of names where the sandbox now wants it.
func (s *Stack) resettle(sb *Sandbox) error {
	switch {
	case sb.spec.ExposesDNS && sb.resolver != nil:
		sb.resolver.close()
		sb.resolver = nil
		err := s.files.drop(func(name string) bool { return name == dnsName(sb.id, "udp") || name == dnsName(sb.id, "tcp") })
		return errors.Join(err, s.resolverFor(sb))
	case sb.spec.ExposesDNS, sb.resolver == nil:
		return s.resolverFor(sb)
	}
	return nil
}

// Survivors mends what is left of a change that an earlier process has begun and not
// finished: what had been begun of the coming endpoints is deleted, and the answer
// are those of was that still stand, with what they were made from. It comes
// before [Stack.AdoptSandbox].
func (s *Stack) Survivors(spec SandboxSpec, was, coming []EndpointInfo) (SandboxSpec, []EndpointInfo, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range coming {
		if slices.ContainsFunc(was, func(o EndpointInfo) bool { return o.RouterEnd == e.RouterEnd }) {
			continue
		}
		if err := s.routerOf(e).deleteLink(e.RouterEnd); err != nil {
			return spec, nil, err
		}
	}
	var left []EndpointInfo
	wanted := spec.Endpoints
	spec.Endpoints = nil
	for i, e := range was {
		n := s.networks[e.Network]
		if n == nil || i >= len(wanted) {
			continue
		}
		if there, err := n.router.has(e.RouterEnd); err != nil {
			return spec, nil, err
		} else if there {
			left, spec.Endpoints = append(left, e), append(spec.Endpoints, wanted[i])
		}
	}
	return spec, left, nil
}
