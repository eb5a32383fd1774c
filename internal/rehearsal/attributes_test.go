package rehearsal_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/internal/plan"
	"github.com/mocker-compose/mocker-compose/internal/rehearsal"
	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/project/loader"
	"github.com/mocker-compose/mocker-compose/supervisor/kernel"
	"github.com/mocker-compose/mocker-compose/supervisor/record"
	"github.com/mocker-compose/mocker-compose/supervisor/states"
)

// attribute is one key of a service in two versions of a file, and what becomes of the
// container. Every line of the plan has to begin with the key.
type attribute struct {
	key     string
	was, is string // lines of the service web
	action  plan.Action
}

const (
	recreate = plan.ToRecreate
	restart  = plan.ToRestart
	update   = plan.ToUpdate
	keep     = plan.ToKeep
)

var attributes = []attribute{
	{"image", "image: nginx:1.27", "image: nginx:1.28", recreate},
	{"container_name", "", "container_name: front", recreate},
	{"command", "command: [a]", "command: [a, b]", recreate},
	{"entrypoint", "", "entrypoint: [/init]", recreate},
	{"entrypoint", "", "entrypoint: []", recreate},
	{"environment.LOG_LEVEL", "environment: {LOG_LEVEL: info}", "environment: {LOG_LEVEL: debug}", recreate},
	{"environment.A", "env_file: one.env", "env_file: two.env", recreate},
	{"working_dir", "", "working_dir: /srv", recreate},
	{"user", "", "user: '1'", recreate},
	{"group_add", "", "group_add: ['5']", recreate},
	{"hostname", "hostname: a", "hostname: b", recreate},
	{"domainname", "", "domainname: example.org", recreate},
	{"init", "", "init: true", recreate},
	{"tty", "", "tty: true", recreate},
	{"stdin_open", "", "stdin_open: true", recreate},
	{"read_only", "", "read_only: true", recreate},
	{"privileged", "", "privileged: true", recreate},
	{"cap_add", "", "cap_add: [NET_ADMIN]", recreate},
	{"cap_drop", "", "cap_drop: [ALL]", recreate},
	{"security_opt", "", "security_opt: ['no-new-privileges:true']", recreate},
	{"security_opt", "", "security_opt: ['seccomp=unconfined']", recreate},
	{"sysctls.net.core.somaxconn", "", "sysctls: {net.core.somaxconn: '1024'}", recreate},
	{"volumes./data", "", "volumes: ['data:/data']", recreate},
	{"volumes./data", "volumes: ['data:/data']", "volumes: ['other:/data']", recreate},
	{"volumes./data.read_only", "volumes: ['data:/data']", "volumes: ['data:/data:ro']", recreate},
	{"volumes./src", "", "volumes: ['./src:/src']", recreate},
	{"volumes./cache", "", "tmpfs: /cache", recreate},
	{"volumes./anon", "", "volumes: [/anon]", recreate},
	{"volumes_from", "", "volumes_from: [db]", recreate},
	{"configs.app", "", "configs: [app]", recreate},
	{"configs.app.target", "configs: [app]", "configs: [{source: app, target: /etc/app}]", recreate},
	{"configs.app.mode", "configs: [{source: app, target: /app}]", "configs: [{source: app, target: /app, mode: 0400}]", recreate},
	{"secrets.key", "", "secrets: [key]", recreate},
	{"secrets.key.uid", "secrets: [{source: key, target: k}]", "secrets: [{source: key, target: k, uid: '7'}]", recreate},
	{"shm_size", "", "shm_size: 128m", recreate},
	{"ulimits.nofile", "", "ulimits: {nofile: 1024}", recreate},
	{"oom_score_adj", "", "oom_score_adj: 100", recreate},
	{"devices./dev/null", "", "devices: ['/dev/null:/dev/null']", recreate},
	{"pid", "", "pid: host", recreate},
	{"ipc", "", "ipc: host", recreate},
	{"uts", "", "uts: host", recreate},
	{"cgroup_parent", "", "cgroup_parent: all", recreate},
	{"network_mode", "network_mode: none", "network_mode: host", recreate},
	{"extra_hosts.a", "extra_hosts: ['a=1.2.3.4']", "extra_hosts: ['a=1.2.3.5']", recreate},
	{"links", "", "links: ['db:store']", recreate},
	{"dns.servers", "", "dns: 9.9.9.9", recreate},
	{"dns.search", "", "dns_search: example.org", recreate},
	{"dns.options", "", "dns_opt: ['ndots:2']", recreate},
	{"x-mocker.host_loopback", "extra_hosts: ['h:host-gateway']", "extra_hosts: ['h:host-gateway']\n    x-mocker: {host_loopback: true}", recreate},
	{"pre_start[0]", "", "pre_start: [{command: [x]}]", recreate},
	{"post_start", "", "post_start: [{command: [x]}]", restart},
	{"cgroup", "", "cgroup: host", recreate},

	{"ports.8080:80/tcp", "", "ports: ['8080:80']", restart},
	{"ports.127.0.0.1:8081:80/tcp", "ports: ['8080:80']", "ports: ['8080:80', '127.0.0.1:8081:80']", restart},
	{"ports.53:53/udp", "", "ports: ['53:53/udp']", recreate},

	{"labels.a", "", "labels: {a: '1'}", update},
	{"labels.a", "labels: {a: '1'}", "labels: {a: '2'}", update},
	{"labels.a", "labels: {a: '1'}", "labels: {}", update},
	{"labels.b", "label_file: one.env", "label_file: [one.env, three.env]", update},
	{"annotations.a", "", "annotations: {a: '1'}", update},
	{"expose", "", "expose: ['8080']", update},
	{"healthcheck.test", "", "healthcheck: {test: [CMD, 'true']}", update},
	{"healthcheck.interval", "healthcheck: {test: [CMD, 'true']}", "healthcheck: {test: [CMD, 'true'], interval: 5s}", update},
	{"healthcheck.retries", "healthcheck: {test: [CMD, 'true']}", "healthcheck: {test: [CMD, 'true'], retries: 7}", update},
	{"restart", "restart: 'no'", "restart: on-failure:3", update},
	{"stop_signal", "", "stop_signal: SIGINT", update},
	{"stop_grace_period", "", "stop_grace_period: 3s", update},
	{"logging.options.max-size", "", "logging: {driver: json-file, options: {max-size: 1m}}", update},
	{"logging.options.max-file", "", "logging: {driver: json-file, options: {max-file: '7'}}", update},
	{"mem_limit", "", "mem_limit: 100m", update},
	{"mem_limit", "mem_limit: 100m", "deploy: {resources: {limits: {memory: 200m}}}", update},
	{"cpus", "", "cpus: '0.5'", update},
	{"pids_limit", "", "pids_limit: 50", update},
	{"cpuset", "", "cpuset: '0'", update},
	{"networks.demo_back", "networks: [default]", "networks: [default, back]", update},
	{"networks.demo_default", "networks: [default]", "networks: {default: {aliases: [w]}}", update},
	{"networks.demo_default", "networks: [default]", "networks: {default: {priority: 5, gw_priority: 1}}", update},

	{"x-mocker.ready", "", "x-mocker: {ready: {tcp: 80}}", update},
	{"x-mocker.ready", "", "x-mocker: {ready: {notify: true}}", recreate},
	{"logging", "", "logging: {driver: none}", update},

	{"", "mem_limit: 104857600", "mem_limit: 100m", keep},
	{"", "depends_on: [db]", "depends_on: {db: {condition: service_healthy}}", keep},
	{"", "", "attach: false", keep},
	{"", "", "pull_policy: always", keep},
	{"", "", "profiles: []", keep},
	{"", "environment: {A: '1', B: '2'}", "environment: [B=2, A=1]", keep},
	{"", "command: sleep 5", "command: [sleep, '5']", keep},
	{"", "ports: ['8080:80']", "ports: [{target: 80, published: '8080'}]", keep},
	{"", "labels: {a: '1'}", "labels: [a=1]", keep},
	{"", "", "x-note: hello", keep},
	{"", "", "pre_stop: [{command: [x]}]", keep},
	{"", "", "develop: {watch: [{path: ./src, action: restart}]}", keep},
	{"", "", "build: .", keep},
	{"", "", "deploy: {update_config: {parallelism: 2}}", keep},
}

const frame = `
name: demo
services:
  db: {image: db, command: [x]}
  web:
    image: nginx
    %s
configs: {app: {content: one}}
secrets: {key: {file: ./key}}
networks: {back: {}}
volumes: {data: {}, other: {}}
`

// load reads a file whose service web has these lines.
func load(t *testing.T, dir, lines string) *project.Project {
	t.Helper()
	text := fmt.Sprintf(frame, lines)
	if strings.HasPrefix(lines, "image:") {
		text = strings.Replace(text, "    image: nginx\n", "", 1)
	}
	return loadText(t, dir, text)
}

func loadText(t *testing.T, dir, text string) *project.Project {
	t.Helper()
	for name, data := range map[string]string{"compose.yaml": text, "one.env": "A=1\n", "two.env": "A=2\n", "three.env": "b=2\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	l, err := loader.Load(t.Context(), loader.Options{WorkingDir: dir, Environ: []string{"HOME=/", "PWD=" + dir}})
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	return l.Project
}

// running is the record of a project that was brought up.
func running(p *project.Project) *record.Live {
	live := &record.Live{Record: record.Record{Project: *p, Defined: map[string]project.Network{}}}
	for _, n := range p.Networks {
		live.Networks = append(live.Networks, n.Name)
		live.Defined[n.Name] = n
	}
	for _, v := range p.Volumes {
		live.Volumes = append(live.Volumes, v.Name)
	}
	for i := range p.Services {
		s := &p.Services[i]
		for n := range s.Scale {
			live.Containers = append(live.Containers, record.Replica{Container: kernel.NewContainer(p, s, n+1), State: states.Running, Desired: states.WantRunning, Run: 1})
		}
	}
	return live
}

func planOf(t *testing.T, live *record.Live, b api.UpRequest) *plan.Plan {
	t.Helper()
	stage := rehearsal.Stage{Live: live, Say: func(api.Progress) {}}
	p, _, err := stage.Plan(&b)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// Each attribute is changed alone. The plan names that key and no other, and does to the
// container what the change needs and no more; the other service is left alone.
func TestEachAttribute(t *testing.T) {
	dir := t.TempDir()
	for _, err := range []error{os.Mkdir(filepath.Join(dir, "src"), 0o700), os.WriteFile(filepath.Join(dir, "key"), []byte("s3cret"), 0o600)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, a := range attributes {
		t.Run(a.key+" "+strings.ReplaceAll(a.is, "\n", ""), func(t *testing.T) {
			live := running(load(t, dir, a.was))
			p := planOf(t, live, api.UpRequest{Project: *load(t, dir, a.is)})
			for _, o := range p.Outcomes {
				if o.Service == "db" {
					if o.Action != keep {
						t.Errorf("%s: %s: %s", o.Name, o.Action, o.Cause)
					}
					continue
				}
				if o.Action != a.action {
					t.Errorf("%s, want %s: %s", o.Action, a.action, o.Cause)
				}
				if len(o.Changes) == 0 && a.key != "" {
					t.Errorf("no difference is named, want %s", a.key)
				}
				for _, c := range o.Changes {
					if c.Key != a.key && !strings.HasPrefix(c.Key, a.key+".") {
						t.Errorf("names %s, want %s", c, a.key)
					}
					if strings.Contains(c.String(), "s3cret") || strings.Contains(c.String(), "\n") {
						t.Errorf("it says %q", c)
					}
				}
			}
			if a.action == keep && !p.Empty() {
				t.Errorf("it does\n%s", p)
			}
		})
	}
}

// What is in a config, a secret or an env file counts, and is not shown.
func TestContentsCount(t *testing.T) {
	dir := t.TempDir()
	text := func(config string) string {
		return strings.Replace(fmt.Sprintf(frame, "configs: [app]\n    secrets: [key]"), "content: one", "content: "+config, 1)
	}
	write := func(secret string) {
		if err := os.WriteFile(filepath.Join(dir, "key"), []byte(secret), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("old-s3cret")
	live := running(loadText(t, dir, text("one")))
	for _, c := range []struct{ config, secret, want string }{
		{"one", "old-s3cret", ""},
		{"two", "old-s3cret", "configs.app: content changed"},
		{"one", "new-s3cret", "secrets.key: content changed"},
		{"two", "new-s3cret", "configs.app: content changed; secrets.key: content changed"},
	} {
		write(c.secret)
		p := planOf(t, live, api.UpRequest{Project: *loadText(t, dir, text(c.config))})
		for _, o := range p.Outcomes {
			if o.Service == "web" && o.Cause != c.want {
				t.Errorf("%q, want %q", o.Cause, c.want)
			}
		}
		if strings.Contains(p.String(), "s3cret") {
			t.Error("a secret is in the plan")
		}
	}
}
