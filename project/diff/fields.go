package diff

import (
	"fmt"
	"reflect"
	"slices"
	"sync"

	"github.com/mocker-compose/mocker-compose/project"
)

// field says what is to be known of one field of project.Service.
type field struct {
	name string // of the field
	key  string // in the compose file
	need Need
	// weigh, if set, says what this very change needs.
	weigh func(was, is *project.Service) Need
	// show, if set, has words of its own.
	show func(key string, was, is any) []difference
}

// fields is the table: what is not in it fails a test. Build, Pull and Platform are
// about the image, whose id is compared for itself; Scale, Endpoints and Resources
// have operations of their own in a plan.
var fields = []field{
	{name: "Name", key: "name", need: Recreate},
	{name: "Image", key: "image", need: Recreate},
	{name: "Build", key: "build", need: Nothing},
	{name: "Pull", key: "pull_policy", need: Nothing},
	{name: "Platform", key: "platform", need: Nothing},
	{name: "ContainerName", key: "container_name", need: Recreate},
	{name: "Scale", key: "scale", need: Nothing},
	{name: "Command", key: "command", need: Recreate},
	{name: "Entrypoint", key: "entrypoint", need: Recreate},
	{name: "NoEntrypoint", key: "entrypoint", need: Recreate, show: emptied},
	{name: "Environment", key: "environment", need: Recreate, show: variables},
	{name: "WorkingDir", key: "working_dir", need: Recreate},
	{name: "User", key: "user", need: Recreate},
	{name: "GroupAdd", key: "group_add", need: Recreate},
	{name: "Hostname", key: "hostname", need: Recreate},
	{name: "Domainname", key: "domainname", need: Recreate},
	{name: "Init", key: "init", need: Recreate},
	{name: "TTY", key: "tty", need: Recreate},
	{name: "StdinOpen", key: "stdin_open", need: Recreate},
	{name: "ReadOnly", key: "read_only", need: Recreate},
	{name: "Privileged", key: "privileged", need: Recreate},
	{name: "CapAdd", key: "cap_add", need: Recreate},
	{name: "CapDrop", key: "cap_drop", need: Recreate},
	{name: "SecurityOpt", key: "security_opt", need: Recreate},
	{name: "Sysctls", key: "sysctls", need: Recreate},
	{name: "Mounts", key: "volumes", need: Recreate, show: by(func(m project.Mount) string { return m.Target })},
	{name: "VolumesFrom", key: "volumes_from", need: Recreate, show: by(func(v project.VolumesFrom) string { return v.Container })},
	{name: "OwnFiles", key: "x-mocker.own_files", need: Recreate},
	{name: "Files", key: "configs", need: Recreate, show: files},
	{name: "ShmSize", key: "shm_size", need: Recreate, show: size},
	{name: "Labels", key: "labels", need: Update},
	{name: "Ulimits", key: "ulimits", need: Recreate, show: by(func(u project.Ulimit) string { return u.Name })},
	{name: "OOMScoreAdj", key: "oom_score_adj", need: Recreate},
	{name: "Umask", key: "umask", need: Recreate, show: octal},
	{name: "Devices", key: "devices", need: Recreate, show: by(func(d project.Device) string { return d.Target })},
	{name: "Annotations", key: "annotations", need: Update},
	{name: "SeccompProfile", key: "security_opt.seccomp", need: Recreate, show: changed},
	{name: "PID", key: "pid", need: Recreate},
	{name: "IPC", key: "ipc", need: Recreate},
	{name: "UTS", key: "uts", need: Recreate},
	{name: "HostCgroup", key: "cgroup", need: Recreate},
	{name: "CgroupParent", key: "cgroup_parent", need: Recreate},
	{name: "Resources", key: "deploy.resources", need: Update, show: limits},
	{name: "NetworkMode", key: "network_mode", need: Recreate},
	{name: "Endpoints", key: "networks", need: Update, show: by(func(e project.Endpoint) string { return e.Network })},
	{name: "Ports", key: "ports", need: Restart, weigh: unlessDNS(Restart), show: by(portName)},
	{name: "Expose", key: "expose", need: Update, weigh: unlessDNS(Update)},
	{name: "ExtraHosts", key: "extra_hosts", need: Recreate, show: variables},
	{name: "Links", key: "links", need: Recreate},
	{name: "DNS", key: "dns", need: Recreate},
	{name: "HostLoopback", key: "x-mocker.host_loopback", need: Recreate},
	{name: "DependsOn", key: "depends_on", need: Nothing, show: by(func(d project.Dependency) string { return d.Service })},
	{name: "HealthCheck", key: "healthcheck", need: Update},
	{name: "Ready", key: "x-mocker.ready", need: Update, weigh: unlessNotify},
	{name: "PreStart", key: "pre_start", need: Recreate},
	{name: "PostStart", key: "post_start", need: Restart}, // so that it is executed
	{name: "PreStop", key: "pre_stop", need: Nothing},
	{name: "Update", key: "deploy.update_config", need: Nothing},
	{name: "Rollback", key: "deploy.rollback_config", need: Nothing},
	{name: "Restart", key: "restart", need: Update, show: policy},
	{name: "StopSignal", key: "stop_signal", need: Update},
	{name: "StopGracePeriod", key: "stop_grace_period", need: Update},
	{name: "Attach", key: "attach", need: Nothing},
	{name: "LogMaxSize", key: "logging.options.max-size", need: Update, show: size},
	{name: "LogMaxFile", key: "logging.options.max-file", need: Update},
	{name: "Logging", key: "logging", need: Update},
	{name: "Watch", key: "develop.watch", need: Nothing, show: by(func(w project.Watch) string { return w.Path })},
	{name: "Source", key: "source", need: Nothing},
}

// place is a field with its place in the struct.
type place struct {
	field
	index []int
}

// index is made at the first comparison: most commands make none.
var index = sync.OnceValue(places)

func places() []place {
	typ := reflect.TypeFor[project.Service]()
	list := make([]place, 0, len(fields))
	for _, f := range fields {
		at, ok := typ.FieldByName(f.name)
		if !ok {
			panic("project/diff: project.Service has no field " + f.name)
		}
		list = append(list, place{f, at.Index})
	}
	return list
}

// unlessDNS is need, but where the port of the DNS comes or goes: whether a
// container's own server has it is settled when its network is made.
func unlessDNS(need Need) func(was, is *project.Service) Need {
	const dns = 53
	answers := func(s *project.Service) bool {
		return slices.ContainsFunc(s.ExposedPorts(), func(p project.Port) bool { return p.Target == dns })
	}
	return func(was, is *project.Service) Need {
		if answers(was) != answers(is) {
			return Recreate
		}
		return need
	}
}

// unlessNotify: the socket that a service tells its readiness to is mounted.
func unlessNotify(was, is *project.Service) Need {
	told := func(s *project.Service) bool { return s.Ready != nil && s.Ready.Notify }
	if told(was) != told(is) {
		return Recreate
	}
	return Update
}

// portName tells ports apart: "8080:80/tcp".
func portName(p project.Port) string {
	host := ""
	switch {
	case p.HostPortEnd > p.HostPort:
		host = fmt.Sprintf("%d-%d", p.HostPort, p.HostPortEnd)
	case p.HostPort != 0:
		host = fmt.Sprint(p.HostPort)
	}
	if p.HostIP != "" {
		host = p.HostIP + ":" + host
	}
	if host != "" {
		host += ":"
	}
	return fmt.Sprintf("%s%d/%s", host, p.Target, p.Protocol)
}
