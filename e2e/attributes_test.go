package e2e

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// mutation is a change of one attribute of the service web: a line that is added, or put in
// place of one that begins with the same key; the key that the plan names for it, and what
// has to happen to the container.
type mutation struct{ line, key, action string }

// mutations are made one after the other: each file differs from the one before in one
// attribute.
var mutations = []mutation{
	{"labels: { a: '1' }", "labels.a", "update in place"},
	{"environment: { LOG: info }", "environment.LOG", "recreate"},
	{"environment: { LOG: debug }", "environment.LOG", "recreate"},
	{"environment: [ 'LOG=debug' ]", "", "keep"},
	{"labels: { a: '2' }", "labels.a", "update in place"},
	{"annotations: { b: '1' }", "annotations.b", "update in place"},
	{"attach: false", "", "keep"},
	{"hostname: other", "hostname", "recreate"},
	{"domainname: example.org", "domainname", "recreate"},
	{"expose: [ '8080' ]", "expose", "update in place"},
	{"ports: [ '127.0.0.1::80' ]", "ports.127.0.0.1::80/tcp", "restart"},
	{"ports: [ '127.0.0.1::81' ]", "ports.", "restart"},
	{"restart: on-failure:3", "restart", "update in place"},
	{"stop_signal: SIGKILL", "stop_signal", "update in place"},
	{"depends_on: [ db ]", "", "keep"},
	{"depends_on: { db: { condition: service_started, restart: true } }", "", "keep"},
	{"healthcheck: { test: [ CMD, 'true' ], interval: 1h }", "healthcheck.", "update in place"},
	{"healthcheck: { test: [ CMD, 'true' ], interval: 2h }", "healthcheck.interval", "update in place"},
	{"tmpfs: /cache", "volumes./cache", "recreate"},
	{"volumes: [ 'data:/data' ]", "volumes./data", "recreate"},
	{"volumes: [ 'data:/data:ro' ]", "volumes./data.read_only", "recreate"},
	{"configs: [ c ]", "configs.c", "recreate"},
	{"secrets: [ { source: s, target: t } ]", "secrets.s", "recreate"},
	{"pre_stop: [ { command: [ 'true' ] } ]", "", "keep"},
	{"post_start: [ { command: [ 'true' ] } ]", "post_start", "restart"},
	{"cap_drop: [ NET_RAW ]", "cap_drop", "recreate"},
	{"read_only: true", "read_only", "recreate"},
	{"init: true", "init", "recreate"},
	{"extra_hosts: [ 'x=10.1.2.3' ]", "extra_hosts.x", "recreate"},
	{"dns_search: example.org", "dns.search", "recreate"},
	{"ulimits: { nofile: 512 }", "ulimits.nofile", "recreate"},
	{"logging: { options: { max-size: 1m } }", "logging.options.max-size", "update in place"},
	{"mem_limit: 100m", "mem_limit", "update in place"},
	{"mem_limit: 104857600", "", "keep"},
	{"networks: { default: { aliases: [ w ] } }", "networks.", "update in place"},
	{"networks: { default: { aliases: [ w ] }, back: }", "networks.", "update in place"},
	{"x-mocker: { ready: { tcp: 80, timeout: 1ms } }", "x-mocker.ready", "update in place"},
	{"stop_grace_period: 1s", "stop_grace_period", "update in place"},
	{"command: ./probe pause web again", "command", "recreate"},
	{"deploy: { update_config: { parallelism: 2 } }", "", "keep"},
}

const mutated = `
services:
  web:
    %s
  db: { command: ./probe pause db }
networks: { back: }
volumes: { data: }
configs: { c: { content: one } }
secrets: { s: { file: ./compose.secret } }
`

// Attributes are changed one by one. Each time the plan names that key, and no other, and
// one action; and up does just that: by the ids and processes of the containers and by the
// events. The other service is never touched, and nothing is left to do.
func TestPlanOfEachAttribute(t *testing.T) {
	lines := []string{"command: ./probe pause web", "stop_grace_period: 0s"}
	s := begin(t, fmt.Sprintf(mutated, strings.Join(lines, "\n    ")))
	s.write("compose.secret", "two")
	s.must("up", "-d")
	seen, stop := s.follow()
	defer stop()
	look := func() (ids map[string]string, web, db []int) {
		return s.containerIDs(), s.pidsOf("pause", "web"), s.pidsOf("pause", "db")
	}
	ids, web, db := look()
	told := len(seen())
	counts := map[string]int{}
	for _, m := range mutations {
		key, _, _ := strings.Cut(m.line, ":")
		lines = append(slices.DeleteFunc(lines, func(l string) bool { return strings.HasPrefix(l, key+":") }), m.line)
		s.write("compose.yaml", fmt.Sprintf(mutated, strings.Join(lines, "\n    ")))
		if action, keys := s.announced(); action != m.action || !named(keys, m.key) {
			t.Errorf("%s: the plan says %q because of %q", m.line, action, keys)
		}
		s.must("up", "-d")
		nowIDs, nowWeb, nowDB := look()
		name := s.project + "-web-1"
		var did string
		var ours []string
		for _, e := range seen()[told:] {
			if e.Service == "db" {
				t.Errorf("%s: event %s of db", m.line, e.Action)
			} else if e.Service == "web" && !strings.HasPrefix(e.Action, "health_status") && !strings.HasPrefix(e.Action, "exec_") {
				ours = append(ours, e.Action)
			}
		}
		switch {
		case nowIDs[name] != ids[name]:
			did = "recreate"
		case !slices.Equal(nowWeb, web):
			did = "restart"
		case len(ours) > 0, m.action == "update in place" && s.compose("plan", "--detailed-exitcode").code == 0:
			did = "update in place" // other names on a network are no event, but nothing is left to do
		default:
			did = "keep"
		}
		if did != m.action {
			t.Errorf("%s: announced %q, done %q: events %q", m.line, m.action, did, ours)
		}
		if nowIDs[s.project+"-db-1"] != ids[s.project+"-db-1"] || !slices.Equal(nowDB, db) {
			t.Errorf("%s: db is another one", m.line)
		}
		ids, web, told = nowIDs, nowWeb, len(seen())
		counts[did]++
	}
	s.wantPlan()
	t.Logf("%d mutations: %v", len(mutations), counts)
}

// announced is what the plan says of web-1, and the keys that it names; of everything else
// it has to say that it is kept.
func (s *scenario) announced() (action string, keys []string) {
	s.t.Helper()
	var out struct{ Plan []planned }
	text := s.must("plan", "--format", "json")
	if err := json.Unmarshal([]byte(text), &out); err != nil {
		s.t.Fatal(err)
	}
	for _, p := range out.Plan {
		switch {
		case p.Name == s.project+"-web-1":
			action = p.Action
			for _, c := range p.Changes {
				keys = append(keys, c.Key)
			}
		case p.Action != "keep" && p.Kind != "network" && p.Kind != "volume":
			s.t.Errorf("%s %s: %s", p.Kind, p.Name, p.Action)
		}
	}
	return action, keys
}

// named reports that all keys are the one that was changed, or stand below it; none for "".
func named(keys []string, key string) bool {
	if key == "" {
		return len(keys) == 0
	}
	return len(keys) > 0 && !slices.ContainsFunc(keys, func(k string) bool {
		return k != key && !strings.HasPrefix(k, strings.TrimSuffix(key, ".")+".")
	})
}
