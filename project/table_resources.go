package project

import "slices"

// resourceRows are the keys of a service that bound what it uses.
func resourceRows() []Support {
	const s = "services.*."
	const limit = "limits are not enforced yet"
	const v1 = "has no counterpart in cgroup v2"
	return slices.Concat(
		honoured(s, "shm_size", "oom_score_adj", "ulimits", "ulimits.*", "ulimits.*.hard", "ulimits.*.soft"),
		same(s, Ignored, limit, "mem_limit", "mem_reservation", "memswap_limit", "pids_limit",
			"cpus", "cpu_shares", "cpu_quota", "cpu_period", "cpuset"),
		same(s, Ignored, v1, "mem_swappiness", "cpu_rt_period", "cpu_rt_runtime"),
		same(s, Ignored, "exists on Windows only", "cpu_count", "cpu_percent"),
		[]Support{
			{Key: s + "blkio_config.**", Fate: Ignored, Reason: limit},
			{Key: s + "oom_kill_disable", Fate: Ignored, Reason: v1, Accept: []string{"", "false"}},
			{Key: s + "storage_opt", Fate: Ignored, Reason: "size limits need disk quotas"},
		})
}
