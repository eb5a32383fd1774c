package project

import "slices"

// storageRows are the keys of a service about mounts, configs and secrets.
func storageRows() []Support {
	const s, v = "services.*.", "services.*.volumes."
	file := []string{"source", "target", "uid", "gid", "mode"}
	return slices.Concat(
		honoured(s, "volumes", "tmpfs"),
		honoured(v, "source", "target", "read_only", "bind", "bind.create_host_path",
			"volume", "tmpfs", "tmpfs.size", "tmpfs.mode"),
		same(s, Refused, "configs are not mounted yet; use a bind mount of the file", "configs"),
		same(s+"configs.", Refused, "configs are not mounted yet; use a bind mount of the file", file...),
		same(s, Refused, "secrets are not mounted yet; use a bind mount of the file", "secrets"),
		same(s+"secrets.", Refused, "secrets are not mounted yet; use a bind mount of the file", file...),
		[]Support{
			{Key: v + "type", Fate: Refused, Reason: "only bind, volume and tmpfs mounts are possible", Accept: []string{"bind", "volume", "tmpfs"}},
			{Key: v + "consistency", Fate: Ignored, Reason: "mounts are always consistent on Linux", Accept: []string{"", "consistent", "default"}},
			{Key: v + "bind.propagation", Fate: Ignored, Reason: "later mounts do not propagate", Accept: []string{"", "rprivate", "private"}},
			{Key: v + "bind.recursive", Fate: Degraded, Reason: "a read-only mount is read-only with everything below it; enabled and disabled are honoured",
				Accept: []string{"", "enabled", "disabled"}},
			{Key: v + "bind.selinux", Fate: Ignored, Reason: "files are not relabelled; use chcon -t container_file_t yourself where SELinux confines"},
			{Key: v + "volume.labels", Fate: Ignored, Reason: "anonymous volumes have no labels"},
			{Key: v + "volume.labels.*", Fate: Ignored, Reason: "anonymous volumes have no labels"},
			{Key: v + "volume.nocopy", Fate: Honoured},
			{Key: v + "volume.subpath", Fate: Refused, Reason: "only whole volumes can be mounted yet; use a bind mount of the directory"},
			{Key: v + "image.**", Fate: Refused, Reason: "images cannot be mounted yet; use a bind mount of an unpacked directory"},
		})
}
