package loader_test

import (
	"maps"
	"testing"

	"github.com/mocker-compose/mocker-compose/project"
)

// TestJoinFaults: what cannot be said beside the network of somebody else.
func TestJoinFaults(t *testing.T) {
	const join = "    network_mode: service:db\n"
	const db = "  db: {command: x}\n"
	excluded := func(key string) string {
		return "compose.yaml:4: services.web: " + key + " and network_mode: service:db exclude each other (write it for the owner of the network, or remove it)"
	}
	for _, tt := range []struct{ name, text, want string }{
		{"ports", join + "    ports: ['80']\n" + db, excluded("ports")},
		{"expose", join + "    expose: ['80']\n" + db, excluded("expose")},
		{"hostname", join + "    hostname: x\n" + db, excluded("hostname")},
		{"mac", join + "    mac_address: 02:00:00:00:00:01\n" + db, excluded("mac_address")},
		{"links", join + "    links: [db]\n" + db, excluded("links")},
		{"dns", join + "    dns: 1.1.1.1\n" + db, excluded("dns")},
		{"extra_hosts", join + "    extra_hosts: ['a:10.0.0.1']\n" + db, excluded("extra_hosts")},
		{"networks", join + "    networks: [default]\n" + db, "compose.yaml:3: services.web: network_mode and networks exclude each other (remove one of them)"},
		{"nobody", "    network_mode: service:bd\n" + db, `compose.yaml:3: services.web.network_mode: service "bd" cannot be joined (did you mean "db"?)`},
		{"itself", "    network_mode: service:web\n", `compose.yaml:3: services.web.network_mode: service "web" cannot be joined (remove the line: it has a namespace of its own)`},
		{"circle", join + "  db: {command: x, network_mode: 'service:web'}\n", "compose.yaml:4: services depend on each other in a circle: db -> web -> db (remove one of these dependencies)"},
		{"circle with depends_on", "    depends_on: [db]\n  db:\n    command: x\n    network_mode: service:web\n", "compose.yaml:6: services depend on each other in a circle: db -> web -> db (remove one of these dependencies)"},
		{"another project", "    network_mode: container:theirs\n", `compose.yaml:3: services.web.network_mode: no other service of the project has a container "theirs" (namespaces are shared within a project: write service:NAME)`},
		{"a network", "    network_mode: front\n", `compose.yaml:3: services.web.network_mode: "front" is not possible (write none, host, bridge, service:NAME or container:NAME; a network goes below networks:)`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := tree(t, "compose.yaml", "services:\n  web:\n"+tt.text)
			if got := fault(t, dir).Error(); got != tt.want {
				t.Errorf("\n got %s\nwant %s", got, tt.want)
			}
		})
	}
}

// TestJoin: the owner of the network is a dependency, whose restart nobody follows
// who has not said so.
func TestJoin(t *testing.T) {
	dir := tree(t, "compose.yaml", `name: demo
services:
  db: {command: x}
  a: {command: x, network_mode: "service:db"}
  b: {command: x, network_mode: "container:demo-db-1"}
  c: {command: x, network_mode: "service:db", pid: "service:db"}
  d: {command: x, network_mode: "service:db", depends_on: {db: {condition: service_started, restart: true}}}
  e: {command: x, network_mode: bridge}
`)
	p := mustLoad(t, dir).Project
	for name, want := range map[string]struct{ restart bool }{"a": {false}, "b": {false}, "c": {true}, "d": {true}} {
		s, _ := p.Service(name)
		if of := p.NetworkOf(s); !s.JoinsNetwork() || of == nil || of.Name != "db" || len(s.Endpoints) != 0 {
			t.Errorf("%s: network mode %q, of %v, endpoints %v", name, s.NetworkMode, of, s.Endpoints)
		}
		if len(s.DependsOn) != 1 || s.DependsOn[0] != (project.Dependency{Service: "db", Condition: project.ConditionStarted, Required: true, Restart: want.restart}) {
			t.Errorf("%s depends on %+v", name, s.DependsOn)
		}
	}
	e, _ := p.Service("e")
	if e.NetworkMode != "" || e.JoinsNetwork() || len(e.Endpoints) != 1 || p.NetworkOf(e) != nil {
		t.Errorf("bridge became %q with %v", e.NetworkMode, e.Endpoints)
	}
}

// TestLinks: names that a service alone knows.
func TestLinks(t *testing.T) {
	dir := tree(t, "compose.yaml", `name: demo
services:
  db: {command: x, scale: 2}
  web: {command: x, links: ["db", "db:database"], external_links: ["redis_1", "shop-mysql-1:mysql"]}
`)
	p := mustLoad(t, dir).Project
	web, _ := p.Service("web")
	want := map[string]string{"db": "db", "database": "db", "redis_1": "redis_1", "mysql": "shop-mysql-1"}
	if !maps.Equal(web.Links, want) {
		t.Errorf("links are %v, want %v", web.Links, want)
	}
	if len(web.DependsOn) != 1 || web.DependsOn[0].Service != "db" {
		t.Errorf("web depends on %+v", web.DependsOn)
	}
	for text, want := range map[string]string{
		"    links:\n      - bd:x\n  db: {command: x}\n":                `compose.yaml:4: services.web.links: service "bd" cannot be linked (did you mean "db"?)`,
		"    links: [web]\n":                                            `compose.yaml:3: services.web.links: service "web" cannot be linked (remove the line: its own name is known)`,
		"    network_mode: host\n    links: [db]\n  db: {command: x}\n": `compose.yaml:4: services.web: links and network_mode: host exclude each other (remove one of them)`,
		"    links: [db]\n  db: {command: x, links: [web]}\n":           "compose.yaml:4: services depend on each other in a circle: db -> web -> db (remove one of these dependencies)",
	} {
		if got := fault(t, tree(t, "compose.yaml", "services:\n  web:\n"+text)).Error(); got != want {
			t.Errorf("\n got %s\nwant %s", got, want)
		}
	}
}
