package project

import "slices"

// storageRows are the keys of a service about mounts, configs and secrets.
func storageRows() []Support {
	const s, v = "services.*.", "services.*.volumes."
	file := []string{"source", "target", "uid", "gid", "mode"}
	return slices.Concat(
		honoured(s, "volumes", "tmpfs", "volumes_from", "configs", "secrets"),
		honoured(s+"configs.", file...),
		honoured(s+"secrets.", file...),
		honoured(v, "source", "target", "read_only", "bind", "bind.create_host_path", "bind.recursive", "bind.selinux",
			"volume", "volume.labels", "volume.labels.*", "volume.nocopy", "volume.subpath",
			"tmpfs", "tmpfs.size", "tmpfs.mode", "image", "image.subpath"),
		[]Support{
			{Key: v + "type", Fate: Refused, Reason: "named pipes are for Windows and cluster volumes for Swarm; use a bind mount or a volume",
				Accept: []string{"bind", "volume", "tmpfs", "image"}},
			{Key: v + "consistency", Fate: Ignored, Reason: "mounts are always consistent on Linux", Accept: []string{"", "consistent", "cached", "delegated", "default"}},
			{Key: v + "bind.propagation", Fate: Degraded, Reason: "what a container mounts is not seen on the host, which would need an administrator: it is as slave or rslave",
				Accept: []string{"", "rprivate", "private", "rslave", "slave"}},
		})
}

// topStorageRows are the top-level volumes, configs and secrets.
func topStorageRows() []Support {
	const v = "volumes.*."
	const swarm = "it belongs to a Swarm; write file, environment or, for a config, content"
	rows := slices.Concat(
		honoured("", "volumes", "volumes.*", "configs", "configs.*", "secrets", "secrets.*"),
		honoured(v, "name", "external", "external.name", "labels", "labels.*", "driver_opts", "driver_opts.*"),
		honoured("configs.*.", "file", "environment", "content", "name"),
		honoured("secrets.*.", "file", "environment", "name"),
		[]Support{{Key: v + "driver", Fate: Refused, Reason: "there are no volume drivers but local; remove the line", Accept: []string{"", "local"}}})
	for _, top := range []string{"configs.*.", "secrets.*."} {
		rows = append(rows, same(top, Ignored, "labels of configs and secrets are seen by a Swarm only", "labels", "labels.*")...)
		rows = append(rows, same(top, Refused, swarm, "template_driver")...)
		rows = append(rows, Support{Key: top + "external", Fate: Refused, Reason: "there is no store for them: " + swarm, Accept: []string{"", "false"}},
			Support{Key: top + "external.name", Fate: Refused, Reason: "there is no store for them: " + swarm})
	}
	return append(rows, same("secrets.*.", Refused, swarm, "driver", "driver_opts", "driver_opts.*")...)
}
