package project

import "slices"

// topRows are the keys outside of services.
func topRows() []Support {
	return slices.Concat(
		honoured("", "name", "include", "include.path", "include.env_file", "include.project_directory",
			"services", "services.*", "networks", "networks.*"),
		[]Support{
			{Key: "version", Fate: Ignored, Reason: "obsolete in the compose specification; remove the line"},
			{Key: "models.**", Fate: Ignored, Reason: "there is no model runner; a service that uses a model is refused"},
			{Key: "jobs.**", Fate: Ignored, Reason: "jobs are not run yet; write a service with a profile instead"},
		},
		topNetworkRows(), topStorageRows())
}

func topNetworkRows() []Support {
	const n = "networks.*."
	return slices.Concat(
		honoured(n, "name", "internal", "labels", "labels.*", "attachable",
			"ipam", "ipam.config", "ipam.config.subnet", "ipam.config.gateway"),
		[]Support{
			{Key: n + "driver", Fate: Refused, Reason: "only bridge networks exist without privileges; remove the line or write bridge",
				Accept: []string{"", "bridge", "default"}},
			{Key: n + "driver_opts", Fate: Ignored, Reason: "options of docker's bridge driver have no counterpart"},
			{Key: n + "driver_opts.*", Fate: Ignored, Reason: "options of docker's bridge driver have no counterpart"},
			{Key: n + "external", Fate: Refused, Reason: "networks shared between projects are not possible yet; remove external to give this project its own",
				Accept: []string{"", "false"}},
			{Key: n + "external.name", Fate: Refused, Reason: "networks shared between projects are not possible yet"},
			{Key: n + "enable_ipv4", Fate: Degraded, Reason: "networks always have IPv4", Accept: []string{"", "true"}},
			{Key: n + "enable_ipv6", Fate: Degraded, Reason: "networks have IPv4 only for now", Accept: []string{"", "false"}},
			{Key: n + "ipam.driver", Fate: Ignored, Reason: "addresses are always given out by our own allocator", Accept: []string{"", "default"}},
			{Key: n + "ipam.options", Fate: Ignored, Reason: "options of docker's allocator have no counterpart"},
			{Key: n + "ipam.options.*", Fate: Ignored, Reason: "options of docker's allocator have no counterpart"},
			{Key: n + "ipam.config.ip_range", Fate: Ignored, Reason: "addresses are given out from the whole subnet"},
			{Key: n + "ipam.config.aux_addresses", Fate: Ignored, Reason: "no address is reserved; give services an ipv4_address instead"},
			{Key: n + "ipam.config.aux_addresses.*", Fate: Ignored, Reason: "no address is reserved; give services an ipv4_address instead"},
		})
}
