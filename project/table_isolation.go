package project

import "slices"

// isolationRows are the keys of a service that widen or narrow its sandbox.
func isolationRows() []Support {
	const s = "services.*."
	return slices.Concat(
		honoured(s, "cap_add", "cap_drop", "security_opt", "read_only", "sysctls", "sysctls.*"),
		same(s, Refused, "graphics processors are not passed through yet; a bind mount of the device files may do",
			"gpus", "gpus.capabilities", "gpus.count", "gpus.device_ids", "gpus.driver", "gpus.options", "gpus.options.*"),
		same(s, Refused, "device files are not passed through yet", "devices", "devices.source", "devices.target", "devices.permissions"),
		same(s, Refused, "exists on Windows only; remove it", "credential_spec", "credential_spec.config", "credential_spec.file", "credential_spec.registry"),
		[]Support{
			{Key: s + "privileged", Fate: Degraded, Reason: "gives all capabilities inside your user namespace; the host's devices and settings stay out of reach",
				Accept: []string{"", "false"}},
			{Key: s + "isolation", Fate: Ignored, Reason: "exists on Windows only", Accept: []string{"", "default"}},
			{Key: s + "cgroup", Fate: Ignored, Reason: "each service has a cgroup namespace of its own", Accept: []string{"", "private"}},
			{Key: s + "cgroup_parent", Fate: Ignored, Reason: "cgroups are chosen by mocker-compose"},
			{Key: s + "device_cgroup_rules", Fate: Ignored, Reason: "device rules need privileges; the permissions of the files decide"},
			{Key: s + "ipc", Fate: Refused, Reason: "each service has an ipc namespace of its own; share files by a volume instead",
				Accept: []string{"", "private", "shareable"}},
			{Key: s + "pid", Fate: Refused, Reason: "each service has a pid namespace of its own; remove the line", Accept: []string{"", "private"}},
			{Key: s + "uts", Fate: Degraded, Reason: "each service has a hostname of its own; set hostname instead", Accept: []string{"", "private"}},
			{Key: s + "userns_mode", Fate: Degraded, Reason: "services run in your user namespace, where id 0 is you", Accept: []string{""}},
			{Key: s + "use_api_socket", Fate: Refused, Reason: "there is no docker daemon whose socket could be passed in; remove the line", Accept: []string{"", "false"}},
		})
}
