package remedy

import "strings"

// forms are what belongs where a value of the wrong kind stands. "*" is any name; the first
// that fits counts.
var forms = []struct{ path, write string }{
	{"services", "write the services' names below it, and their keys below these: services: {web: {image: nginx}}"},
	{"services.*", "write its keys below it: image: nginx"},
	{"services.*.ports", `write a list: ["8080:80"]`},
	{"services.*.expose", `write a list: ["80"]`},
	{"services.*.volumes", `write a list: ["./data:/data"]`},
	{"services.*.volumes_from", "write a list: [db]"},
	{"services.*.environment", "write KEY: value lines, or a list of KEY=value"},
	{"services.*.labels", "write KEY: value lines, or a list of KEY=value"},
	{"services.*.annotations", "write KEY: value lines, or a list of KEY=value"},
	{"services.*.environment.*", "write a text, a number, true or false"},
	{"services.*.labels.*", "write a text, a number, true or false"},
	{"services.*.depends_on", "write a list: [db]"},
	{"services.*.depends_on.*", "write {condition: service_started}"},
	{"services.*.networks", "write a list: [lan]"},
	{"services.*.links", "write a list: [db]"},
	{"services.*.configs", "write a list: [NAME]"},
	{"services.*.secrets", "write a list: [NAME]"},
	{"services.*.profiles", "write a list: [debug]"},
	{"services.*.healthcheck", `write healthcheck: {test: ["CMD", "PROGRAM", "ARGUMENT"]}`},
	{"services.*.healthcheck.retries", "write a number"},
	{"services.*.healthcheck.*", "write a duration with its unit: 10s, 1m30s"},
	{"services.*.stop_grace_period", "write a duration with its unit: 10s, 1m30s"},
	{"services.*.command", "write one text, or a list of words"},
	{"services.*.entrypoint", "write one text, or a list of words"},
	{"services.*.restart", `write "no", in quotes, or always, unless-stopped, on-failure`},
	{"services.*.build", "write a directory, or {context: DIRECTORY, dockerfile: FILE}"},
	{"services.*.build.args", "write KEY: value lines, or a list of KEY=value"},
	{"services.*.deploy", "write deploy: {replicas: 2, resources: {limits: {memory: 200m}}}"},
	{"services.*.logging", "write logging: {driver: json-file, options: {max-size: 10m}}"},
	{"services.*.env_file", "write a file, or a list of files"},
	{"services.*.tmpfs", "write a path, or a list of paths: [/run]"},
	{"services.*.dns", "write an address, or a list of addresses"},
	{"services.*.cap_add", "write a list: [NET_ADMIN]"},
	{"services.*.cap_drop", "write a list: [ALL]"},
	{"services.*.security_opt", `write a list: ["no-new-privileges:true"]`},
	{"services.*.devices", "write a list: [/dev/fuse]"},
	{"services.*.extra_hosts", `write a list: ["NAME:ADDRESS"]`},
	{"services.*.group_add", "write a list: [audio]"},
	{"services.*.ulimits", "write ulimits: {nofile: 65536}"},
	{"services.*.sysctls", "write NAME: value lines"},
	{"services.*.extends", "write extends: {file: FILE, service: NAME}"},
	{"services.*.oom_score_adj", "write a number from -1000 to 1000"},
	{"services.*.pull_policy", "possible are always, missing, never, build, daily, weekly, every_12h"},
	{"services.*.container_name", "names have two or more letters, digits, _ . or -, and begin with one of the first two"},
	{"networks", "write the networks' names below it: networks: {lan: }"},
	{"volumes", "write the volumes' names below it: volumes: {data: }"},
	{"configs", "write the configs' names below it: configs: {app: {file: ./app.conf}}"},
	{"secrets", "write the secrets' names below it: secrets: {password: {file: ./password}}"},
	{"configs.*", "say what is in it: {file: ./FILE}, {content: TEXT} or {environment: VARIABLE}"},
	{"secrets.*", "say what is in it: {file: ./FILE} or {environment: VARIABLE}"},
	{"networks.*.ipam.config", "write a list: [{subnet: 10.20.0.0/24}]"},
	{"include", "write a list: [other/compose.yaml]"},
}

// Form is what to write at a key, "" if nothing special is known.
func Form(path []string) string {
	for _, f := range forms {
		if fits(strings.Split(f.path, "."), path) {
			return f.write
		}
	}
	return ""
}

func fits(pattern, path []string) bool {
	if len(pattern) != len(path) {
		return false
	}
	for i, p := range pattern {
		if p != "*" && p != path[i] {
			return false
		}
	}
	return true
}

// IsList reports that a list belongs at a key, and nothing else.
func IsList(path []string) bool {
	return strings.HasPrefix(Form(path), "write a list") && len(path) > 0 &&
		path[len(path)-1] != "depends_on" && path[len(path)-1] != "networks" && path[len(path)-1] != "extra_hosts"
}

// Kind is what to write where the library misses one type.
func Kind(wanted string) string {
	switch {
	case strings.HasPrefix(wanted, "array"):
		return "write a list"
	case strings.HasPrefix(wanted, "mapping"):
		return "write KEY: value lines"
	case strings.HasPrefix(wanted, "string"):
		return "write a text, in quotes"
	case strings.HasPrefix(wanted, "boolean"):
		return "write true or false"
	case strings.HasPrefix(wanted, "integer"), strings.HasPrefix(wanted, "number"):
		return "write a number"
	}
	return ""
}
