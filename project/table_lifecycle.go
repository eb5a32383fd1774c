package project

import "slices"

// lifecycleRows are the keys of a service about start, health, stop and logs.
func lifecycleRows() []Support {
	const s, h = "services.*.", "services.*.healthcheck."
	return slices.Concat(
		honoured(s, "depends_on", "depends_on.*", "depends_on.*.condition", "depends_on.*.required", "depends_on.*.restart",
			"healthcheck", "restart", "stop_signal", "stop_grace_period", "scale", "logging"),
		honoured(s, "pre_start", "pre_start.per_replica", "post_start", "pre_stop"),
		honoured(s+"post_start.", "command", "user", "working_dir", "privileged", "environment", "environment.*"),
		honoured(s+"pre_stop.", "command", "user", "working_dir", "privileged", "environment", "environment.*"),
		honoured(h, "test", "interval", "timeout", "retries", "start_period", "start_interval", "disable"),
		[]Support{
			{Key: s + "logging.driver", Fate: Degraded, Reason: "the driver is not here: lines are kept in files of our own, which mocker-compose logs reads",
				Accept: []string{"", "json-file", "local", "none", "journald"}},
			{Key: s + "logging.options", Fate: Honoured},
			{Key: s + "logging.options.*", Fate: Honoured},
		})
}
