package shape

// serviceShape are the keys of a service that most files have.
func serviceShape(dict shape) map[string]shape {
	command := either(isNull, isText, listOf(isText))
	m := map[string]shape{
		"command": command, "entrypoint": command,
		"environment": dict, "labels": dict,
		"container_name": isContainerName,
		"env_file":       either(isText, listOf(isText)),
		"tmpfs":          either(isText, setOf()),
		"profiles":       setOf(),
		"volumes":        setOf(mountShape()),
		"configs":        setOf(fileShape()),
		"secrets":        setOf(fileShape()),
		"ports":          setOf(portShape()),
		"networks":       either(setOf(), mapOf(either(isNull, endpointShape()))),
		"extra_hosts":    either(setOf(), mapOf(isText)),
		"depends_on": either(setOf(), mapOf(keys(map[string]shape{
			"condition": oneOf("service_started", "service_healthy", "service_completed_successfully"),
			"required":  isBool, "restart": isBool}, "condition"))),
		"healthcheck": keys(map[string]shape{"test": either(isText, listOf(isText)), "interval": isText, "timeout": isText,
			"start_period": isText, "start_interval": isText, "retries": isInt, "disable": isBool}),
		"logging": keys(map[string]shape{"driver": isText, "options": mapOf(either(isText, isInt))}),
		"deploy": keys(map[string]shape{"replicas": isInt, "resources": keys(map[string]shape{
			"limits":       keys(map[string]shape{"cpus": isAmount, "memory": isText, "pids": either(isInt, isText)}),
			"reservations": keys(map[string]shape{"cpus": isAmount, "memory": isText})})}),
		"scale": isInt,
	}
	m["build"] = either(isText, keys(map[string]shape{"context": isText, "dockerfile": isText, "dockerfile_inline": isText, "target": isText,
		"network": isText, "shm_size": isText, "args": dict, "labels": dict, "additional_contexts": dict, "no_cache": isBool, "pull": isBool,
		"tags": setOf(), "platforms": setOf(), "cache_from": listOf(isText), "cache_to": listOf(isText), "secrets": setOf(fileShape())}))
	m["pull_policy"] = oneOf("always", "never", "build", "if_not_present", "missing", "daily", "weekly")
	for _, k := range []string{"image", "platform", "user", "working_dir", "hostname", "domainname", "mac_address", "stop_signal", "stop_grace_period",
		"restart", "network_mode", "shm_size", "cpuset", "mem_reservation"} {
		m[k] = isText
	}
	for _, k := range []string{"mem_limit", "memswap_limit", "pids_limit", "cpus", "cpu_shares", "cpu_quota", "cpu_period"} {
		m[k] = isAmount
	}
	for _, k := range []string{"init", "tty", "stdin_open", "read_only", "privileged", "attach"} {
		m[k] = isBool
	}
	for _, k := range []string{"cap_add", "cap_drop", "security_opt", "group_add", "expose"} {
		m[k] = setOf()
	}
	return m
}

// networkShape are the keys of a top-level network, endpointShape those of a
// service's place in it.
func networkShape(dict shape) shape {
	pool := keys(map[string]shape{"subnet": isText, "gateway": isText, "ip_range": isText, "aux_addresses": mapOf(isText)})
	return keys(map[string]shape{
		"name": isText, "driver": isText, "labels": dict, "driver_opts": mapOf(either(isText, isInt)),
		"internal": isBool, "external": isBool, "attachable": isBool, "enable_ipv4": isBool, "enable_ipv6": isBool,
		"ipam": keys(map[string]shape{"driver": isText, "config": listOf(pool)}),
	})
}

func endpointShape() shape {
	return keys(map[string]shape{
		"aliases": setOf(), "link_local_ips": setOf(), "driver_opts": mapOf(either(isText, isInt)),
		"ipv4_address": isText, "ipv6_address": isText, "mac_address": isText, "interface_name": isText,
		"priority": isInt, "gw_priority": isInt, "use_service_name_alias": isBool,
	})
}

func mountShape() shape {
	return keys(map[string]shape{"type": oneOf("bind", "volume", "tmpfs"), "source": isText, "target": isText, "read_only": isBool,
		"bind": keys(map[string]shape{"create_host_path": isBool})}, "type")
}

func fileShape() shape {
	return keys(map[string]shape{"source": isText, "target": isText, "uid": isText, "gid": isText, "mode": isInt})
}

func portShape() shape {
	return keys(map[string]shape{"target": isInt, "published": either(isText, isInt), "host_ip": isText, "protocol": isText})
}
