package loader_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/mocker-compose/mocker-compose/project"
)

func loadText(t *testing.T, text string) *project.Project {
	t.Helper()
	return mustLoad(t, tree(t, "compose.yaml", text)).Project
}

// TestHooks: what post_start and pre_stop say arrives, with the environment resolved.
func TestHooks(t *testing.T) {
	p := loadText(t, `services:
  web:
    command: x
    post_start:
      - {command: echo "a b", user: "1:2", working_dir: /w, privileged: true, environment: {A: 1, PATH_IS_NOWHERE_SET: }}
    pre_stop:
      - {command: [bye], environment: [B=2]}
`)
	web, _ := p.Service("web")
	want := []project.Hook{{Command: []string{"echo", "a b"}, User: "1:2", WorkingDir: "/w", Privileged: true, Environment: []string{"A=1"}}}
	if !reflect.DeepEqual(web.PostStart, want) {
		t.Errorf("post_start: %+v", web.PostStart)
	}
	if want := []project.Hook{{Command: []string{"bye"}, Environment: []string{"B=2"}}}; !reflect.DeepEqual(web.PreStop, want) {
		t.Errorf("pre_stop: %+v", web.PreStop)
	}
	if len(p.Notices) > 0 {
		t.Error(p.Notices)
	}
}

// TestPreStart: a step is the service with the step's own keys over it, and without what
// can be that of one container only; what it uses of the file is there.
func TestPreStart(t *testing.T) {
	p := loadText(t, `services:
  web:
    image: app
    user: app
    environment: {A: 1, B: 2}
    ports: ["8080:80"]
    container_name: web
    networks: {front: {ipv4_address: 10.9.0.7, aliases: [www]}}
    volumes: ["data:/data"]
    secrets: [key]
    restart: always
    mem_limit: 64m
    pre_start:
      - command: [migrate, up]
        user: root
        environment: {B: 3, C: 4}
      - image: fixer
        per_replica: true
        command: chown
        networks: [back]
        volumes: ["tools:/tools"]
        mem_limit: 32m
        configs: [tune]
networks: {front: {ipam: {config: [{subnet: 10.9.0.0/24}]}}, back: }
volumes: {data: , tools: }
configs: {tune: {content: x}}
secrets: {key: {environment: HOME}}
`)
	web, _ := p.Service("web")
	if len(web.PreStart) != 2 {
		t.Fatalf("%d steps", len(web.PreStart))
	}
	first, second := web.PreStart[0].Service, web.PreStart[1].Service
	if first.Image != "app" || first.User != "root" || strings.Join(first.Environment, " ") != "A=1 B=3 C=4" || first.Resources.Memory != 64<<20 {
		t.Errorf("first: %+v", first)
	}
	if len(first.Ports) > 0 || first.ContainerName != "" || len(first.Mounts) > 0 || first.Restart.Mode != project.RestartNo || len(first.PreStart) > 0 {
		t.Errorf("first has what only the service can have: %+v", first)
	}
	if len(first.Endpoints) != 1 || first.Endpoints[0].IPv4Address != "" || len(first.Endpoints[0].Aliases) > 0 || len(first.Files) != 1 {
		t.Errorf("first: endpoints %+v, files %+v", first.Endpoints, first.Files)
	}
	if web.PreStart[0].PerReplica || !web.PreStart[1].PerReplica || second.Image != "fixer" || second.Resources.Memory != 32<<20 || len(second.Files) != 2 {
		t.Errorf("second: %+v", second)
	}
	if len(p.Networks) != 2 || len(p.Volumes) != 2 {
		t.Errorf("networks %+v, volumes %+v", p.Networks, p.Volumes)
	}
}

// TestDeployPolicies: restart_policy stands in the place of restart; update_config says
// what it cannot do here.
func TestDeployPolicies(t *testing.T) {
	p := loadText(t, `services:
  web:
    command: x
    restart: always
    deploy:
      restart_policy: {condition: on-failure, delay: 2s, max_attempts: 3, window: 1m}
      update_config: {parallelism: 2, delay: 1s, order: start-first, failure_action: rollback, monitor: 3s, max_failure_ratio: 0.5}
      rollback_config: {parallelism: 0, delay: 2s, order: start-first, failure_action: continue, monitor: 4s, max_failure_ratio: 0.1}
  any: {command: x, deploy: {restart_policy: {delay: 0s}, update_config: {}}}
  one: {command: x, ports: ["81:80"], deploy: {update_config: {order: start-first, parallelism: 0}, rollback_config: {order: start-first}}}
`)
	web, _ := p.Service("web")
	two := 2 * time.Second
	if want := (project.RestartPolicy{Mode: project.RestartOnFailure, MaxRetries: 3, Delay: &two, Window: time.Minute}); !reflect.DeepEqual(web.Restart, want) {
		t.Errorf("restart: %+v", web.Restart)
	}
	if want := (&project.Update{Parallelism: 2, Delay: time.Second, StartFirst: true, OnFailure: project.UpdateRollback, Monitor: 3 * time.Second, MaxFailureRatio: 0.5}); !reflect.DeepEqual(web.Update, want) {
		t.Errorf("update: %+v", web.Update)
	}
	if want := (&project.Update{Delay: 2 * time.Second, StartFirst: true, OnFailure: project.UpdateContinue, Monitor: 4 * time.Second, MaxFailureRatio: 0.1}); !reflect.DeepEqual(web.Rollback, want) {
		t.Errorf("roll-back: %+v", web.Rollback)
	}
	any, _ := p.Service("any")
	if any.Restart.Mode != project.RestartAlways || any.Restart.Delay == nil || *any.Restart.Delay != 0 || any.Update.Parallelism != 1 || any.Rollback != nil {
		t.Errorf("any: %+v, update %+v", any.Restart, any.Update)
	}
	one, _ := p.Service("one")
	if one.Update.StartFirst || one.Update.Parallelism != 0 || one.Rollback.StartFirst || one.Rollback.Parallelism != 1 || len(p.Notices) != 2 ||
		p.Notices[0].Key != "services.one.deploy.update_config.order" || p.Notices[1].Key != "services.one.deploy.rollback_config.order" {
		t.Errorf("one: %+v, notices %+v", one.Update, p.Notices)
	}
}

// TestHookFaults: what is wrong is said with its line, and what mends it.
func TestHookFaults(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"no command", "    post_start:\n      - command: []\n", `compose.yaml:4: services.web.post_start.0: command is empty (write command: ["PROGRAM", "ARGUMENT"], or command: sh -c "…")`},
		{"a typo", "    pre_stop:\n      - command: x\n        workingdir: /\n", `compose.yaml:5: services.web.pre_stop.0.workingdir: unknown key (did you mean "working_dir"?)`},
		{"a typo in a step", "    pre_start:\n      - command: x\n        enviroment: {}\n", `compose.yaml:5: services.web.pre_start.0.enviroment: unknown key (did you mean "environment"?)`},
		{"a condition", "    deploy:\n      restart_policy:\n        condition: sometimes\n", `compose.yaml:5: services.web.deploy.restart_policy.condition: "sometimes" is not a condition (write none, on-failure or any)`},
		{"an action", "    deploy:\n      update_config:\n        failure_action: weep\n", `compose.yaml:5: services.web.deploy.update_config.failure_action: "weep" is not an action (write pause, continue or rollback)`},
		{"an action of a roll-back", "    deploy:\n      rollback_config:\n        failure_action: rollback\n", `compose.yaml:5: services.web.deploy.rollback_config.failure_action: "rollback" is not an action (write pause or continue)`},
		{"a ratio", "    deploy:\n      update_config:\n        max_failure_ratio: 2\n", `compose.yaml:5: services.web.deploy.update_config.max_failure_ratio: 2 is not between 0 and 1 (write a number from 0 to 1)`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := fault(t, tree(t, "compose.yaml", "services:\n  web:\n"+tt.text)).Error(); got != tt.want {
				t.Errorf("\n got %s\nwant %s", got, tt.want)
			}
		})
	}
}
