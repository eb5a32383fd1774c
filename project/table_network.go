package project

import "slices"

// networkRows are the keys of a service about networks, names and ports.
func networkRows() []Support {
	const s, n, p = "services.*.", "services.*.networks.*.", "services.*.ports."
	return slices.Concat(
		honoured(s, "network_mode", "networks", "networks.*", "ports", "expose", "extra_hosts", "extra_hosts.*", "dns", "dns_opt", "dns_search"),
		honoured(s, "mac_address", "links", "external_links"),
		honoured(n, "aliases", "ipv4_address", "ipv6_address", "mac_address", "interface_name", "link_local_ips", "priority",
			"gw_priority", "use_service_name_alias", "driver_opts"),
		honoured(p, "host_ip", "target", "published", "name", "app_protocol"),
		[]Support{
			{Key: n + "driver_opts.*", Fate: Ignored, Reason: "the option has no counterpart here",
				Names: []string{"com.docker.network.endpoint.ifname", "com.docker.network.endpoint.sysctls"}},
			{Key: p + "protocol", Fate: Refused, Reason: "only tcp and udp can be carried without root; on the project's networks the port is reachable all the same",
				Accept: []string{"", "tcp", "udp"}},
			{Key: p + "mode", Fate: Ignored, Reason: "there is one host: the port is published there", Accept: []string{"", "host", "ingress"}},
		})
}
