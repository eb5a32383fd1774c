package loader_test

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/project/loader"
)

// TestProcessFaults: file, line, reason and remedy for the keys of the process.
func TestProcessFaults(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"ulimit", "    ulimits:\n      nofile: 10\n      files: 10\n", `compose.yaml:5: services.web.ulimits: unknown limit "files" (limits are: core, cpu, data, fsize, locks, memlock, msgqueue, nice, nofile, nproc, rss, rtprio, rttime, sigpending, stack)`},
		{"ulimit below none", "    ulimits:\n      nofile: -2\n", `compose.yaml:4: services.web.ulimits.nofile: negative (write a number, or -1 for none)`},
		{"soft above hard", "    ulimits:\n      nproc: {soft: 20, hard: 10}\n", `compose.yaml:4: services.web.ulimits.nproc: the soft limit is above the hard limit: 20:10 (write a soft limit that is at most the hard one)`},
		{"soft unlimited", "    ulimits:\n      nproc: {soft: -1, hard: 10}\n", `compose.yaml:4: services.web.ulimits.nproc: the soft limit is above the hard limit: unlimited:10 (write a soft limit that is at most the hard one)`},
		{"oom", "    oom_score_adj: 1001\n", `compose.yaml:3: services.web.oom_score_adj: the number 1001 is not possible here (write a number from -1000 to 1000)`},
		{"capability", "    cap_add:\n      - CHOWN\n      - NET_EVERYTHING\n", `compose.yaml:5: services.web.cap_add: unknown capability "NET_EVERYTHING" (capabilities(7) lists them; ALL stands for all)`},
		{"capability dropped", "    cap_drop: [none]\n", `compose.yaml:3: services.web.cap_drop: unknown capability "none" (capabilities(7) lists them; ALL stands for all)`},
		{"sysctl of the host", "    sysctls:\n      - net.core.somaxconn=1\n      - vm.max_map_count=1\n", `compose.yaml:5: services.web.sysctls: vm.max_map_count is not of a namespace, it holds for the whole host: an administrator sets it there with: sudo sysctl -w vm.max_map_count=VALUE`},
		{"sysctl of the host's network", "    network_mode: host\n    sysctls: {net.core.somaxconn: 1}\n", `compose.yaml:4: services.web.sysctls: net.core.somaxconn is the host's, whose namespace the service has: set it there with: sudo sysctl -w net.core.somaxconn=VALUE`},
		{"sysctl of the host's ipc", "    ipc: host\n    sysctls: {kernel.shmmax: 1}\n", `compose.yaml:4: services.web.sysctls: kernel.shmmax is the host's, whose namespace the service has: set it there with: sudo sysctl -w kernel.shmmax=VALUE`},
		{"host name as sysctl", "    sysctls: {kernel.hostname: x}\n", `compose.yaml:3: services.web.sysctls: kernel.hostname is set by the service's key hostname`},
		{"stop signal", "    stop_signal: SIGSTOPP\n", `compose.yaml:3: services.web.stop_signal: signal "SIGSTOPP": unknown; use a name such as SIGTERM or a number`},
		{"working directory", "    working_dir: app\n", `compose.yaml:3: services.web.working_dir: "app" is not an absolute path (write where it is inside: /srv/app)`},
		{"host name", "    hostname: " + strings.Repeat("x", 65) + "\n", `compose.yaml:3: services.web.hostname: longer than 64 bytes`},
		{"umask", "    umask: 01777\n", `compose.yaml:3: services.web.umask: 1777 is more than 777 (write three octal digits: 0022)`},
		{"device permissions", "    devices: ['/dev/zero:/dev/x:rx']\n", `compose.yaml:3: services.web.devices: "rx" are no permissions (write some of the letters r, w and m)`},
		{"device path", "    devices: ['dev/zero']\n", `compose.yaml:3: services.web.devices: "dev/zero" is not an absolute path (write HOST-PATH[:CONTAINER-PATH[:rwm]])`},
		{"device over all", "    devices: ['/dev/zero:/dev']\n", `compose.yaml:3: services.web.devices: the target /dev would hide what is there (write a path below /dev)`},
		{"CDI device", "    devices: ['nvidia.com/gpu=all']\n", `compose.yaml:3: services.web.devices: no device nvidia.com/gpu=all is described in /etc/cdi or /var/run/cdi (name the device files themselves, /dev/dri/renderD128, or let an administrator describe it: sudo nvidia-ctk cdi generate --output=/etc/cdi/nvidia.yaml)`},
		{"pid", "    pid: container\n", `compose.yaml:3: services.web.pid: "container" is not possible (write host, service:NAME or container:NAME)`},
		{"pid of nobody", "    pid: service:bd\n  db: {command: x}\n", `compose.yaml:3: services.web.pid: service "bd" cannot be joined (did you mean "db"?)`},
		{"pid of itself", "    pid: service:web\n", `compose.yaml:3: services.web.pid: service "web" cannot be joined (remove the line: it has a namespace of its own)`},
		{"pid of a disabled service", "    pid: service:db\n  db: {command: x, profiles: [big]}\n", `compose.yaml:3: services.web.pid: service "db" cannot be joined (activate it with --profile big)`},
		{"pid of another project", "    pid: container:theirs\n", `compose.yaml:3: services.web.pid: no other service of the project has a container "theirs" (namespaces are shared within a project: write service:NAME)`},
		{"pids in a circle", "    pid: service:db\n  db: {command: x, pid: service:web}\n", `compose.yaml:4: services depend on each other in a circle: db -> web -> db (remove one of these dependencies)`},
		{"ipc not shared", "    ipc: service:db\n  db: {command: x}\n", `compose.yaml:3: services.web.ipc: service "db" does not share its ipc namespace (write ipc: shareable in service db)`},
		{"cgroup", "    cgroup: mine\n", `compose.yaml:3: services.web.cgroup: the text "mine" is not possible here (possible are: host, private)`},
		{"cgroup parent", "    cgroup_parent: ../x\n", `compose.yaml:3: services.web.cgroup_parent: "../x" is no name for a cgroup (write a name: batch, or batch.slice)`},
		{"cgroup parent like a run", "    cgroup_parent: web.1\n", `compose.yaml:3: services.web.cgroup_parent: "web.1" is no name for a cgroup (write a name: batch, or batch.slice)`},
		{"cgroup parent of ours", "    cgroup_parent: /holder/\n", `compose.yaml:3: services.web.cgroup_parent: "/holder/" is no name for a cgroup (write a name: batch, or batch.slice)`},
		{"name in a shared uts", "    uts: host\n    hostname: x\n", `compose.yaml:3: services.web: hostname and domainname are those of the uts namespace, which it has not to itself (uts: host) (remove one of them)`},
		{"seccomp missing", "    security_opt:\n      - seccomp:none.json\n", `compose.yaml:4: services.web.security_opt: seccomp profile none.json: no such file or directory (the format is docker's: docs.docker.com/engine/security/seccomp; leave the option out for the default profile)`},
		{"seccomp directory", "    security_opt: ['seccomp=.']\n", `compose.yaml:3: services.web.security_opt: seccomp profile .: not a regular file (the format is docker's: docs.docker.com/engine/security/seccomp; leave the option out for the default profile)`},
		{"seccomp wrong", "    security_opt: ['seccomp=bad.json']\n", `compose.yaml:3: services.web.security_opt: seccomp profile bad.json:2: seccomp profile, default action: unknown action "SCMP_ACT_NONE": use SCMP_ACT_ALLOW or SCMP_ACT_ERRNO (the format is docker's: docs.docker.com/engine/security/seccomp; leave the option out for the default profile)`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := tree(t, "compose.yaml", "services:\n  web:\n"+tt.text, "bad.json", "{\n\"defaultAction\": \"SCMP_ACT_NONE\"}")
			if got := fault(t, dir).Error(); got != tt.want {
				t.Errorf("\n got %s\nwant %s", got, tt.want)
			}
		})
	}
}

// TestProcessValues: what becomes of the values.
func TestProcessValues(t *testing.T) {
	dir := tree(t, "compose.yaml", `
services:
  web:
    command: x
    ulimits: {nofile: {soft: 10, hard: 20}, core: 0, memlock: -1, nproc: {soft: 5, hard: -1}}
    oom_score_adj: 300
    umask: "0027"
    annotations: [a=1, b=]
    labels: {own: "1", both: own}
    label_file: [labels.env]
    group_add: [44, video]
    container_name: boss
    devices: [/dev/zero, "/dev/zero:/dev/z", "/dev/full:r", {source: /dev/null, target: /srv/n, permissions: rw}]
    sysctls: [net.core.somaxconn=7, kernel.shmmax=8]
    security_opt: ["seccomp=profile.json", no-new-privileges]
    cgroup: host
    cgroup_parent: /batch/night
  db: {command: x, ipc: shareable}
  side: {command: x, pid: "service:web", ipc: "container:given", uts: "service:db", cgroup: private}
  named: {command: x, ipc: "service:db", container_name: given}
`, "profile.json", "{ \"defaultAction\": \"SCMP_ACT_ALLOW\" }\n", "labels.env", "file=2\nboth=file\n")
	p := mustLoad(t, dir).Project
	web, _ := p.Service("web")
	umask := uint32(0o27)
	want := project.Process{
		Ulimits:        []project.Ulimit{{Name: "core"}, {Name: "memlock", Soft: -1, Hard: -1}, {Name: "nofile", Soft: 10, Hard: 20}, {Name: "nproc", Soft: 5, Hard: -1}},
		OOMScoreAdj:    300,
		Umask:          &umask,
		Annotations:    map[string]string{"a": "1", "b": ""},
		SeccompProfile: `{"defaultAction":"SCMP_ACT_ALLOW"}`,
		HostCgroup:     true,
		CgroupParent:   "batch-night",
		Devices: []project.Device{
			{Source: "/dev/zero", Target: "/dev/zero", Permissions: "rwm"}, {Source: "/dev/zero", Target: "/dev/z", Permissions: "rwm"},
			{Source: "/dev/full", Target: "/dev/full", Permissions: "r"}, {Source: "/dev/null", Target: "/srv/n", Permissions: "rw"},
		},
	}
	if !reflect.DeepEqual(web.Process, want) {
		t.Errorf("\n got %+v\nwant %+v", web.Process, want)
	}
	if !slices.Equal(web.SecurityOpt, []string{"no-new-privileges=true"}) {
		t.Errorf("security_opt: %q", web.SecurityOpt)
	}
	if want := map[string]string{"own": "1", "file": "2", "both": "own"}; !maps.Equal(web.Labels, want) {
		t.Errorf("labels: %v, want %v", web.Labels, want)
	}
	if !slices.Equal(web.GroupAdd, []string{"44", "video"}) || web.ContainerName != "boss" {
		t.Errorf("groups %q, name %q", web.GroupAdd, web.ContainerName)
	}
	side, _ := p.Service("side")
	var on []string
	for _, d := range side.DependsOn {
		on = append(on, d.Service)
		if !d.Restart || !d.Required {
			t.Errorf("dependency %+v does not follow restarts", d)
		}
	}
	if !slices.Equal(on, []string{"db", "named", "web"}) {
		t.Errorf("side depends on %q, want db, named and web", on)
	}
}

// A changed profile is a changed service; a command that only looks does not read it.
func TestSeccompProfileCounts(t *testing.T) {
	text := "services: {web: {command: x, security_opt: ['seccomp:./p.json']}}\n"
	hash := func(profile string) string {
		p := mustLoad(t, tree(t, "compose.yaml", text, "p.json", profile)).Project
		p.WorkingDir = ""
		return p.Hash(&p.Services[0])
	}
	a := hash(`{"defaultAction": "SCMP_ACT_ALLOW"}`)
	if b := hash("{\n  \"defaultAction\":\"SCMP_ACT_ALLOW\"}\n"); a != b {
		t.Error("white space changes the hash")
	}
	if b := hash(`{"defaultAction": "SCMP_ACT_LOG"}`); a == b {
		t.Error("another profile has the same hash")
	}
	mustLoad(t, tree(t, "compose.yaml", text), func(o *loader.Options) { o.Tolerant = true })
}

// TestCommandForms: strings are split as by a shell, lists are taken as they are.
func TestCommandForms(t *testing.T) {
	for _, c := range []struct {
		text string
		want []string
	}{
		{`a b  c`, []string{"a", "b", "c"}},
		{`a 'b c' "d e"`, []string{"a", "b c", "d e"}},
		{`a 'it''s' x\ y`, []string{"a", "its", "x y"}},
		{`sh -c 'echo "$$HOME" $$1'`, []string{"sh", "-c", `echo "$HOME" $1`}},
		{`a "q\"q" ''`, []string{"a", `q"q`, ""}},
		{`a $$$$`, []string{"a", "$$"}},
		{`a ${V} "${V}"`, []string{"a", "x", "y", "x y"}},
		{`a # b`, []string{"a", "#", "b"}},
		{`a | b > c ; d & e`, []string{"a"}}, // as in docker compose: what only a shell knows ends it
		{"a\n  b\n", []string{"a", "b"}},
	} {
		quoted := "    command: |-\n      " + strings.ReplaceAll(c.text, "\n", "\n      ") + "\n"
		dir := tree(t, "compose.yaml", "services:\n  web:\n"+quoted, ".env", "V='x y'\n")
		l := mustLoad(t, dir)
		if got := l.Project.Services[0].Command; !slices.Equal(got, c.want) {
			t.Errorf("%q: %q, want %q", c.text, got, c.want)
		}
	}
	l := mustLoad(t, tree(t, "compose.yaml", "services: {web: {entrypoint: [\"a b\", '$$x', '''c''', '${V}'], command: []}}\n", ".env", "V='x y'\n"))
	if got, want := l.Project.Services[0].Entrypoint, []string{"a b", "$x", "'c'", "x y"}; !slices.Equal(got, want) {
		t.Errorf("list: %q, want %q", got, want)
	}
}

// TestEnvironmentForms: lists, mappings, files, and values of the caller's environment.
func TestEnvironmentForms(t *testing.T) {
	dir := tree(t, "compose.yaml", `
services:
  list: {command: x, environment: [A=1, B=, C, D=a=b, "E=$$x", UNSET]}
  map: {command: x, environment: {A: 1, B: "", C: , D: true, E: "$${x}", UNSET: }}
  file:
    command: x
    env_file: [one.env, {path: two.env}, {path: missing.env, required: false}, {path: raw.env, format: raw}]
    environment: {OVER: file}
`, "one.env", "# comment\nA=1\nexport B='two words'\nOVER=one\nC\n", "two.env", "A=2\nREF=${B}-$A\n", "raw.env", "RAW='$A'\n", ".env", "C=called\n")
	p := mustLoad(t, dir).Project
	for service, want := range map[string][]string{
		"list": {"A=1", "B=", "C=called", "D=a=b", "E=$x"},
		"map":  {"A=1", "B=", "C=called", "D=true", "E=${x}"},
		"file": {"A=2", "B=two words", "C=called", "OVER=file", "RAW='$A'", "REF=two words-2"},
	} {
		s, _ := p.Service(service)
		if !slices.Equal(s.Environment, want) {
			t.Errorf("%s: %q, want %q", service, s.Environment, want)
		}
	}
}

// What is not quite as written is said once.
func TestProcessNotices(t *testing.T) {
	for text, want := range map[string]string{
		"pid: host":                       "all processes of the project",
		"network_mode: host":              "abstract unix sockets",
		"ipc: none":                       "of its own",
		"privileged: true":                "root on the host",
		"devices: ['/dev/zero:/dev/z:r']": "permissions of the device file",
		"devices: [{source: /dev/zero, target: /dev/z, permissions: r}]": "permissions of the device file",
		"userns_mode: host":                 "id 0 is you",
		"platform: linux/s390x":             "only with an emulator",
		"runtime: kata":                     "is the runtime",
		"isolation: hyperv":                 "Windows",
		"device_cgroup_rules: ['c 1:3 mr']": "permissions of the files",
		"ipc: host":                         "",
		"uts: host":                         "",
		"cgroup: host":                      "",
		"cgroup_parent: batch.slice":        "one weight together",
		"runtime: runc":                     "",
		"platform: linux":                   "",
		"ulimits: {nofile: 5}":              "",
		"oom_score_adj: -5":                 "",
		"devices: ['/dev/zero:/dev/z']":     "",
		"privileged: false":                 "",
		"umask: 077":                        "",
	} {
		l := mustLoad(t, tree(t, "compose.yaml", "services: {web: {command: x, "+text+"}}\n"))
		n := l.Project.Notices
		if want == "" && len(n) > 0 || want != "" && (len(n) != 1 || !strings.Contains(n[0].Reason, want) || n[0].Source.Line != 1) {
			t.Errorf("%s: %+v, want one with %q", text, n, want)
		}
	}
}

func TestRawEnvFaults(t *testing.T) {
	for text, want := range map[string]string{
		"A=1\n=2\n":     "raw.env:2: no variable name before =",
		"A B=2\n":       `raw.env:1: the variable name "A B" has white space in it`,
		"A=1\nB=\xff\n": "raw.env:2: not UTF-8",
	} {
		dir := tree(t, "compose.yaml", "services: {web: {command: x, env_file: [{path: raw.env, format: raw}]}}\n", "raw.env", text)
		if got := fault(t, dir).Error(); !strings.Contains(got, want) {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

// Ports mean nothing on the machine's own network, and that is said.
func TestPortsOnTheHostsNetwork(t *testing.T) {
	l := mustLoad(t, tree(t, "compose.yaml", "services:\n  web:\n    command: x\n    network_mode: host\n    ports: ['8080:80']\n"))
	n := l.Project.Notices
	if len(n) != 2 || n[0].Key != "services.web.ports" || n[0].Fate != project.Ignored || n[0].Source.Line != 5 {
		t.Errorf("notices %+v", n)
	}
}
