package project

import "slices"

// deployRows are the keys of services.*.deploy.
func deployRows() []Support {
	const d = "services.*.deploy."
	const swarm = "there is one host"
	return slices.Concat(
		honoured("services.*.", "deploy"),
		honoured(d, "replicas", "resources", "resources.limits", "resources.limits.cpus", "resources.limits.memory", "resources.limits.pids",
			"resources.reservations", "resources.reservations.memory"),
		honoured(d, "restart_policy", "restart_policy.condition", "restart_policy.max_attempts", "restart_policy.delay", "restart_policy.window"),
		honoured(d, "update_config", "update_config.parallelism", "update_config.delay", "update_config.order", "update_config.failure_action",
			"update_config.monitor", "update_config.max_failure_ratio"),
		honoured(d, "rollback_config", "rollback_config.parallelism", "rollback_config.delay", "rollback_config.order", "rollback_config.failure_action",
			"rollback_config.monitor", "rollback_config.max_failure_ratio"),
		[]Support{
			{Key: d + "mode", Fate: Degraded, Reason: "there is one host: global means one replica; job modes run as services", Accept: []string{"", "replicated", "global"}},
			{Key: d + "labels", Fate: Ignored, Reason: "labels of a swarm service have no counterpart; use labels"},
			{Key: d + "labels.*", Fate: Ignored, Reason: "labels of a swarm service have no counterpart; use labels"},
			{Key: d + "endpoint_mode", Fate: Ignored, Reason: swarm},
			{Key: d + "placement.**", Fate: Ignored, Reason: swarm},
			{Key: d + "resources.reservations.cpus", Fate: Ignored, Reason: "processors are reserved by a swarm only, docker compose ignores it as well; cpu_shares gives a share"},
			{Key: d + "resources.reservations.generic_resources.**", Fate: Ignored, Reason: "nothing is reserved"},
			{Key: d + "resources.reservations.devices.**", Fate: Degraded, Reason: graphics},
		})
}
