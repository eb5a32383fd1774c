package project

import "slices"

// networkRows are the keys of a service about networks, names and ports.
func networkRows() []Support {
	const s, n, p = "services.*.", "services.*.networks.*.", "services.*.ports."
	const dns = "names are answered by the project's resolver, other names by the host's"
	return slices.Concat(
		honoured(s, "network_mode", "networks", "networks.*", "ports", "expose", "extra_hosts", "extra_hosts.*"),
		honoured(n, "aliases", "ipv4_address"),
		honoured(p, "host_ip", "target", "published", "name", "app_protocol"),
		same(s, Ignored, dns, "dns", "dns_opt", "dns_search"),
		same(n, Ignored, "options of docker's bridge driver have no counterpart", "driver_opts", "driver_opts.*"),
		[]Support{
			{Key: s + "links", Fate: Degraded, Reason: "the order of start is kept; names are those of the networks: write aliases for others"},
			{Key: s + "external_links", Fate: Refused, Reason: "other projects' containers cannot be reached by name yet"},
			{Key: s + "mac_address", Fate: Ignored, Reason: "the address is chosen by mocker-compose"},
			{Key: n + "mac_address", Fate: Ignored, Reason: "the address is chosen by mocker-compose"},
			{Key: n + "interface_name", Fate: Ignored, Reason: "interfaces are eth0, eth1 … in the order of the networks' names"},
			{Key: n + "ipv6_address", Fate: Ignored, Reason: "networks have IPv4 only for now"},
			{Key: n + "link_local_ips", Fate: Ignored, Reason: "networks have IPv4 only for now"},
			{Key: n + "priority", Fate: Ignored, Reason: "interfaces come in the order of the networks' names"},
			{Key: n + "gw_priority", Fate: Ignored, Reason: "containers have no way to the outside yet"},
			{Key: n + "use_service_name_alias", Fate: Ignored, Reason: "the service's name is always known", Accept: []string{"", "true"}},
			{Key: p + "protocol", Fate: Degraded, Reason: "only TCP ports are published for now; the port is reachable inside the project only",
				Accept: []string{"", "tcp"}},
			{Key: p + "mode", Fate: Ignored, Reason: "there is one host: the port is published there", Accept: []string{"", "host", "ingress"}},
		})
}
