package shape

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/compose-spec/compose-go/v2/schema"
	"go.yaml.in/yaml/v4"
)

// words are keys and texts that random files are made of.
var words = []string{"a", "web", "$A", "bind", "service_started", "x-y", "a b", "", "10s", "80:80", "front"}

// randomValue is any value, mostly small.
func randomValue(r *rand.Rand, depth int) any {
	switch n := r.IntN(12); {
	case n < 5:
		return words[r.IntN(len(words))]
	case n == 5:
		return r.IntN(3)
	case n == 6:
		return r.IntN(2) == 0
	case n == 7:
		return nil
	case n == 8:
		return 1.5
	case depth > 3:
		return "deep"
	case n == 9:
		return randomList(r, depth)
	}
	return randomMap(r, depth)
}

func randomList(r *rand.Rand, depth int) []any {
	list := []any{}
	for range r.IntN(3) {
		list = append(list, randomValue(r, depth+1))
	}
	return list
}

func randomMap(r *rand.Rand, depth int) map[string]any {
	known := []string{"condition", "required", "restart", "test", "interval", "retries", "disable", "type", "source", "target",
		"read_only", "bind", "create_host_path", "published", "host_ip", "protocol", "driver", "options", "replicas", "resources", "limits", "reservations", "cpus", "memory", "pids", "aliases",
		"ipv4_address", "ipv6_address", "gw_priority", "link_local_ips", "driver_opts", "use_service_name_alias",
		"enable_ipv6", "external", "attachable", "ipam", "config", "subnet", "aux_addresses", "name", "internal", "labels", "path", "x-z",
		"context", "dockerfile", "target", "args", "tags", "platforms", "cache_from", "secrets", "no_cache", "pull"}
	m := map[string]any{}
	for range r.IntN(4) {
		key := known[r.IntN(len(known))]
		if r.IntN(4) == 0 {
			key = words[r.IntN(len(words))]
		}
		m[key] = randomValue(r, depth+1)
	}
	return m
}

// TestShapeIsSound: whatever WellFormed accepts, the schema accepts. Each
// round gives one known key of a service, network or volume a random value.
func TestShapeIsSound(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	known := []string{"unknown", "version", "extends", "build", "x-a"}
	for k := range serviceShape(isText) {
		known = append(known, k)
	}
	expand := func(s string) string { return s }
	accepted := 0
	for range 30_000 {
		file := map[string]any{"services": map[string]any{words[r.IntN(len(words))]: map[string]any{known[r.IntN(len(known))]: randomValue(r, 0)}}}
		switch r.IntN(6) {
		case 0:
			file["networks"] = randomValue(r, 0)
		case 3:
			file["networks"] = map[string]any{"n": randomMap(r, 0)}
		case 4:
			file["services"] = map[string]any{"web": map[string]any{"networks": map[string]any{"n": randomMap(r, 0)}, "build": randomMap(r, 0)}}
		case 1:
			file["volumes"] = map[string]any{words[r.IntN(len(words))]: randomMap(r, 1)}
		case 2:
			file[words[r.IntN(len(words))]] = randomValue(r, 0)
		}
		if !WellFormed(file, expand) {
			continue
		}
		accepted++
		if err := schema.Validate(file); err != nil {
			t.Fatalf("accepted, but %v: %v", err, file)
		}
	}
	if accepted < 1000 {
		t.Errorf("only %d files were accepted: the test shows nothing", accepted)
	}
}

// TestShapeKnowsCommonFiles: the files that matter take the short way, and
// those whose texts only meet after interpolation do not.
func TestShapeKnowsCommonFiles(t *testing.T) {
	values := map[string]string{"$A": "1", "$B": "1"}
	expand := func(s string) string {
		if v, ok := values[s]; ok {
			return v
		}
		return s
	}
	for text, want := range map[string]bool{
		"services: {a: {command: [a, b], ports: ['80:80', '${P}:81'], environment: {A: 1, B: }, volumes: ['./a:/a', {type: bind, source: a, target: /b}]}}":                           true,
		"services: {a: {healthcheck: {test: x, interval: 1s}, depends_on: {b: {condition: service_healthy}}}, b: {}}\nnetworks: {n: }\nx-y: [1]":                                      true,
		"services: {a: {networks: {n: {ipv4_address: 10.5.0.2, gw_priority: 1}}, extra_hosts: ['a:b']}}\nnetworks: {n: {enable_ipv6: true, ipam: {config: [{subnet: 10.5.0.0/24}]}}}": true,
		"services: {a: {mem_limit: 64m, cpus: 0.5, pids_limit: 50, deploy: {resources: {limits: {cpus: '0.5', memory: 1G}, reservations: {memory: 1M}}}}}":                            true,
		"services: {a: {cpus: true}}":                                     false,
		"services: {a: {deploy: {resources: {limits: {memory: 5}}}}}":     false,
		"services: {a: {networks: {n: {gw_priority: x}}}}":                false,
		"services: {a: {}}\nnetworks: {n: {ipam: {config: {subnet: a}}}}": false,
		"services: {a: {}}\nnetworks: {n: {ipam: {options: {a: 1}}}}":     false,
		"services: {a: {profiles: [$A, $B]}}":                             false,
		"services: {a: {tty: 'yes'}}":                                     false,
		"version: '3'\nservices: {a: {}}":                                 false,
		"services: {a: {depends_on: {b: {}}}}":                            false,
		"services: {a: {container_name: -a}}":                             false,
		"services: {a: {environment: {A: 1.5}}}":                          false,
		"services: {a: {command: 2001-01-01}}":                            false,
		"services: {a: {volumes: [{source: a}]}}":                         false,
		"services: {a: {labels: {a: [b]}}}":                               false,
		"services: {a: {networks: {n: {x: y}}}}":                          false,
		"services: [a]":                                                   false,
		"networks: {'a b': }\nservices: {a: {}}":                          false,
		"services: {a: {ports: [{target: '80'}]}}":                        false,
	} {
		var m map[string]any
		if err := yaml.Unmarshal([]byte(text), &m); err != nil {
			t.Fatal(err)
		}
		if got := WellFormed(m, expand); got != want {
			t.Errorf("%s: %v", fmt.Sprintf("%.100s", text), got)
		}
	}
}
