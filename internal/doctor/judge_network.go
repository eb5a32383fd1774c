package doctor

import (
	"strconv"

	"github.com/mocker-compose/mocker-compose/internal/cause"
)

func judgeBridge(h cause.Host, f *found) verdict {
	if noNet(f) {
		return untried("net namespaces")
	}
	if err := f.inside.Bridge.Err(); err != nil {
		return problem(cause.Bridge(h), "%v", err)
	}
	return good("made one")
}

func judgeVeth(h cause.Host, f *found) verdict {
	if noNet(f) {
		return untried("net namespaces")
	}
	if err := f.inside.Veth.Err(); err != nil {
		return problem(cause.Veth(h), "%v", err)
	}
	return good("made one")
}

func noNet(f *found) bool { return f.inside == nil || f.inside.Namespaces["net"].Err() != nil }

func judgeRules(h cause.Host, f *found) verdict {
	if noNet(f) {
		return untried("net namespaces")
	}
	if err := f.inside.Rules.Err(); err != nil {
		return degraded(cause.Rules(h), "%v", err)
	}
	return good("made rules of each kind")
}

func judgePacket(h cause.Host, f *found) verdict {
	if noNet(f) {
		return untried("net namespaces")
	}
	if err := f.inside.Packet.Err(); err != nil {
		return degraded(cause.Packet(h), "%v", err)
	}
	return good("made one")
}

// lastUsualPort: servers of the web have 80.
const lastUsualPort = 80

func judgePorts(h cause.Host, f *found) verdict {
	floor, known := h.Number("net.ipv4.ip_unprivileged_port_start")
	if f.port.Err() == nil {
		return good("port %d can be published", lastUsualPort)
	}
	if !known {
		return degraded(cause.PortFloor(h, 0), "%v", f.port.Err())
	}
	return degraded(cause.PortFloor(h, 0), "ports from %s on can be published", strconv.FormatInt(floor, 10))
}

func judgePing(h cause.Host, f *found) verdict {
	if err := f.ping.Err(); err != nil {
		return degraded(cause.Ping(h), "%v", err)
	}
	return good("net.ipv4.ping_group_range = %s", h.Sysctl("net.ipv4.ping_group_range"))
}

// otherUplinks is what is lost without what only they need.
const otherUplinks = "uplinks other than the relay, which is the default"

func judgeDevice(h cause.Host, f *found) verdict {
	if f.inside == nil {
		return untried("user namespaces")
	}
	if l := f.inside.Device; l.What != "" {
		return absent(l.cause(h, "tun-refused"), "%s; the relay does not need it", l.What)
	}
	return good("can be opened")
}

func (l lack) cause(h cause.Host, id string) cause.Cause {
	c := cause.Cause{ID: id, What: l.What, Lost: otherUplinks}
	if h.Container() != "" || l.Fix == "" {
		c.Note = l.Fix
		return c
	}
	c.Remedy = []string{l.Fix}
	return c
}

func judgeRelay(h cause.Host, f *found) verdict {
	if judgeRules(h, f).state != OK {
		return untried("nf_tables with tproxy") // which has the cause
	}
	return good("can run; it is the default")
}

func judgeNone(cause.Host, *found) verdict { return good("can run") }

func judgeUplink(name string) func(cause.Host, *found) verdict {
	return func(h cause.Host, f *found) verdict {
		if noNet(f) {
			return untried("net namespaces")
		}
		w, id := f.inside.Uplinks[name], "uplink-lacks"
		switch rules := judgeRules(h, f); {
		case w.Version == "" && w.Lack.What != "":
			c := w.Lack.cause(h, id)
			c.Lost = "--uplink " + name
			return absent(c, "%s", w.Lack.What)
		case rules.state != OK:
			return absent(rules.cause, "%s; it needs nf_tables", w.Version)
		case f.inside.Device.What != "":
			c := f.inside.Device.cause(h, id)
			c.Lost = "--uplink " + name
			return absent(c, "%s; it needs /dev/net/tun", w.Version)
		case w.Failed != "":
			c := cause.Cause{ID: "uplink-fails", What: w.Failed, Lost: "--uplink " + name}
			return absent(c, "%s does not run: %s", w.Version, w.Failed)
		}
		return good("%s can run", w.Version)
	}
}
