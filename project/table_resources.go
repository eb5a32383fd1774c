package project

import "slices"

// resourceRows are the keys of a service that bound what it uses. Those that need a
// controller which is not delegated are told by up, once, with the command that mends it.
func resourceRows() []Support {
	const s = "services.*."
	const v1 = "has no counterpart in cgroup v2"
	const io = s + "blkio_config."
	return slices.Concat(
		honoured(s, "shm_size", "oom_score_adj", "ulimits", "ulimits.*", "ulimits.*.hard", "ulimits.*.soft"),
		honoured(s, "mem_limit", "mem_reservation", "memswap_limit", "pids_limit", "cpus", "cpu_shares", "cpu_quota", "cpu_period", "cpuset",
			"blkio_config"),
		honoured(io, "weight", "weight_device", "weight_device.path", "weight_device.weight",
			"device_read_bps", "device_read_bps.path", "device_read_bps.rate", "device_write_bps", "device_write_bps.path", "device_write_bps.rate",
			"device_read_iops", "device_read_iops.path", "device_read_iops.rate", "device_write_iops", "device_write_iops.path", "device_write_iops.rate"),
		same(s, Ignored, v1, "mem_swappiness", "cpu_rt_period", "cpu_rt_runtime"),
		same(s, Ignored, "exists on Windows only", "cpu_count", "cpu_percent"),
		[]Support{
			{Key: s + "oom_kill_disable", Fate: Ignored, Reason: v1, Accept: []string{"", "false"}},
			{Key: s + "storage_opt", Fate: Ignored, Reason: "size limits need disk quotas"},
		})
}
