package project

import "slices"

// topRows are the keys outside of services.
func topRows() []Support {
	return slices.Concat(
		honoured("", "name", "include", "include.path", "include.env_file", "include.project_directory",
			"services", "services.*", "networks", "networks.*"),
		[]Support{
			{Key: "version", Fate: Ignored, Reason: "obsolete in the compose specification; remove the line"},
			{Key: "models", Fate: Honoured}, {Key: "models.*", Fate: Honoured}, {Key: "models.*.name", Fate: Honoured}, {Key: "models.*.model", Fate: Honoured},
			{Key: "models.*.context_size", Fate: Ignored, Reason: "it is for the server of the model, which somebody else starts"},
			{Key: "models.*.runtime_flags", Fate: Ignored, Reason: "they are for the server of the model, which somebody else starts"},
			{Key: "jobs.**", Fate: Ignored, Reason: "docker compose runs no jobs either; write a service with a profile, and start it with run"},
		},
		topNetworkRows(), topStorageRows())
}

func topNetworkRows() []Support {
	const n, opts = "networks.*.", "networks.*.driver_opts."
	return slices.Concat(
		honoured(n, "name", "external", "external.name", "internal", "labels", "labels.*", "attachable", "enable_ipv4", "enable_ipv6", "driver_opts",
			"ipam", "ipam.config", "ipam.config.subnet", "ipam.config.gateway", "ipam.config.ip_range",
			"ipam.config.aux_addresses", "ipam.config.aux_addresses.*"),
		[]Support{
			{Key: n + "driver", Fate: Refused, Reason: "macvlan, ipvlan and overlay need rights over the machine's interfaces; remove the line or write bridge, or none or host",
				Accept: []string{"", "bridge", "default", "none", "host"}},
			{Key: opts + "*", Fate: Ignored, Reason: "the option has no counterpart here", Names: []string{
				"com.docker.network.driver.mtu", "com.docker.network.bridge.name", "com.docker.network.bridge.enable_icc",
				"com.docker.network.bridge.host_binding_ipv4", "com.docker.network.container_iface_prefix",
				"com.docker.network.bridge.enable_ip_masquerade",
			}},
			{Key: n + "ipam.driver", Fate: Ignored, Reason: "addresses are always given out by our own allocator", Accept: []string{"", "default"}},
			{Key: n + "ipam.options", Fate: Ignored, Reason: "options of docker's allocator have no counterpart"},
			{Key: n + "ipam.options.*", Fate: Ignored, Reason: "options of docker's allocator have no counterpart"},
		})
}
