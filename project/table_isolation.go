package project

import "slices"

// graphics is what becomes of requests for graphics processors; project/loader/devices
// says it with what this machine has.
const graphics = "gives what the machine describes for containers (/etc/cdi), else the device files that you may open; the drivers' libraries have to be in the image then"

// isolationRows are the keys of a service that widen or narrow its sandbox.
func isolationRows() []Support {
	const s = "services.*."
	return slices.Concat(
		honoured(s, "cap_add", "cap_drop", "security_opt", "read_only", "sysctls", "sysctls.*", "cgroup", "uts",
			"devices", "devices.source", "devices.target"),
		same(s, Degraded, graphics,
			"gpus", "gpus.capabilities", "gpus.count", "gpus.device_ids", "gpus.driver", "gpus.options", "gpus.options.*"),
		same(s, Refused, "exists on Windows only; remove it", "credential_spec", "credential_spec.config", "credential_spec.file", "credential_spec.registry"),
		[]Support{
			{Key: s + "privileged", Fate: Degraded, Reason: "gives all capabilities inside your user namespace, no seccomp filter, no masks, and the host's devices that you may open; what needs root on the host (other devices, kernel modules, settings of the host) stays out of reach",
				Accept: []string{"", "false"}},
			{Key: s + "devices.permissions", Fate: Degraded, Reason: "the permissions of the device file decide; a device rule would need privileges", Accept: []string{"", "rwm", "rw"}},
			{Key: s + "pid", Fate: Degraded, Reason: "it sees all processes of the project, those of the host it does not", Only: []string{"host"}},
			{Key: s + "ipc", Fate: Degraded, Reason: "it has an ipc namespace of its own, and a /dev/shm", Only: []string{"none"}},
			{Key: s + "isolation", Fate: Ignored, Reason: "exists on Windows only", Accept: []string{"", "default"}},
			{Key: s + "cgroup_parent", Fate: Degraded, Reason: "it is made among the cgroups of the project, where its services have one weight together; a slice or cgroup of the machine, and its limits, are out of reach", Accept: []string{""}},
			{Key: s + "device_cgroup_rules", Fate: Ignored, Reason: "device rules need privileges; the permissions of the files decide"},
			{Key: s + "userns_mode", Fate: Degraded, Reason: "services run in your user namespace, where id 0 is you", Accept: []string{""}},
			{Key: s + "use_api_socket", Fate: Refused, Reason: "there is no docker daemon whose socket could be passed in; remove the line", Accept: []string{"", "false"}},
		})
}
