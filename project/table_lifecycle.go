package project

import "slices"

// lifecycleRows are the keys of a service about start, health, stop and logs.
func lifecycleRows() []Support {
	const s, h = "services.*.", "services.*.healthcheck."
	const hook = "hooks are not run yet; put the command into the service's own command"
	return slices.Concat(
		honoured(s, "depends_on", "depends_on.*", "depends_on.*.condition", "depends_on.*.required", "depends_on.*.restart",
			"healthcheck", "restart", "stop_signal", "stop_grace_period", "scale", "logging"),
		honoured(h, "test", "interval", "timeout", "retries", "start_period", "start_interval", "disable"),
		[]Support{
			{Key: s + "logging.driver", Fate: Degraded, Reason: "the driver is not here: lines are kept in files of our own, which mocker-compose logs reads",
				Accept: []string{"", "json-file", "local", "none", "journald"}},
			{Key: s + "logging.options", Fate: Honoured},
			{Key: s + "logging.options.*", Fate: Honoured},
			{Key: s + "pre_start.**", Fate: Refused, Reason: "init containers are not run yet; write a service and depend on it with service_completed_successfully"},
			{Key: s + "post_start.**", Fate: Refused, Reason: hook},
			{Key: s + "pre_stop.**", Fate: Refused, Reason: hook},
		})
}
