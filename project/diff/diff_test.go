package diff

import (
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/mocker-compose/mocker-compose/project"
)

// Every field of project.Service has its entry, once: whoever adds a field says what
// a change of it costs.
func TestEveryFieldHasAnEntry(t *testing.T) {
	have := map[string]int{}
	for _, f := range fields {
		have[f.name]++
		if f.key == "" {
			t.Errorf("%s: no key", f.name)
		}
	}
	for _, f := range reflect.VisibleFields(reflect.TypeFor[project.Service]()) {
		if f.Anonymous {
			continue
		}
		if have[f.Name] != 1 {
			t.Errorf("project.Service.%s has %d entries in fields: say there what a change of it needs", f.Name, have[f.Name])
		}
		delete(have, f.Name)
	}
	for name := range have {
		t.Errorf("%s: project.Service has no such field", name)
	}
}

// What differs is said in one line, by the key of the compose file.
func TestWords(t *testing.T) {
	long := strings.Repeat("x", 500)
	for want, c := range map[string][2]project.Service{
		"":                                {{}, {Command: []string{}}},
		"image: nginx:1.27 -> nginx:1.28": {{Image: "nginx:1.27"}, {Image: "nginx:1.28"}},
		"command: (none) -> [serve, \"--name=a b\"]":      {{}, {Command: []string{"serve", "--name=a b"}}},
		"environment.LOG_LEVEL: info -> debug":            {{Environment: []string{"A=1", "LOG_LEVEL=info"}}, {Environment: []string{"A=1", "LOG_LEVEL=debug"}}},
		"environment.B: (none) -> \"\"":                   {{Environment: []string{"A=1"}}, {Environment: []string{"A=1", "B="}}},
		"environment.B: 1 -> (unset)":                     {{Environment: []string{"B=1"}}, {Environment: []string{"B"}}},
		"environment.DB_PASSWORD: changed":                {{Environment: []string{"DB_PASSWORD=old"}}, {Environment: []string{"DB_PASSWORD=new"}}},
		"environment.API_TOKEN: added":                    {{}, {Environment: []string{"API_TOKEN=new"}}},
		"secrets.db: content changed":                     {{Files: []project.File{{Kind: project.FileSecret, Source: "db", Digest: "a"}}}, {Files: []project.File{{Kind: project.FileSecret, Source: "db", Digest: "b"}}}},
		"configs.app.target: /a -> /b":                    {{Files: []project.File{{Kind: project.FileConfig, Source: "app", Target: "/a"}}}, {Files: []project.File{{Kind: project.FileConfig, Source: "app", Target: "/b"}}}},
		"configs.app.mode: 0440 -> 0444":                  {{Files: []project.File{{Kind: project.FileConfig, Source: "app", Mode: 0o440}}}, {Files: []project.File{{Kind: project.FileConfig, Source: "app", Mode: 0o444}}}},
		"labels.a.b: 1 -> 2":                              {{Labels: map[string]string{"a.b": "1"}}, {Labels: map[string]string{"a.b": "2"}}},
		"healthcheck.interval: (none) -> 5s":              {{HealthCheck: &project.HealthCheck{Test: []string{"CMD", "x"}}}, {HealthCheck: &project.HealthCheck{Test: []string{"CMD", "x"}, Interval: 5 * time.Second}}},
		"healthcheck.test: [CMD, x] -> (none)":            {{HealthCheck: &project.HealthCheck{Test: []string{"CMD", "x"}}}, {}},
		"restart: no -> on-failure:3":                     {{}, {Restart: project.RestartPolicy{Mode: project.RestartOnFailure, MaxRetries: 3}}},
		"restart: always -> always after 5s, window 1m0s": {{Restart: project.RestartPolicy{Mode: project.RestartAlways}}, {Restart: project.RestartPolicy{Mode: project.RestartAlways, Delay: new(5 * time.Second), Window: time.Minute}}},
		"volumes./data: added":                            {{}, {Mounts: []project.Mount{{Target: "/data"}}}},
		"volumes./data.read_only: false -> true":          {{Mounts: []project.Mount{{Target: "/data"}}}, {Mounts: []project.Mount{{Target: "/data", ReadOnly: true}}}},
		"volumes: in another order":                       {{Mounts: []project.Mount{{Target: "/a"}, {Target: "/b"}}}, {Mounts: []project.Mount{{Target: "/b"}, {Target: "/a"}}}},
		"ports.8080:80/tcp: removed":                      {{Ports: []project.Port{{HostPort: 8080, Target: 80, Protocol: "tcp"}}}, {}},
		"mem_limit: 1 MiB -> 2 MiB":                       {{Resources: project.Resources{Memory: 1 << 20}}, {Resources: project.Resources{Memory: 2 << 20}}},
		"shm_size: default -> 1 MiB":                      {{}, {ShmSize: 1 << 20}},
		"user: (none) -> \"a\\nb\"":                       {{}, {User: "a\nb"}},
		"working_dir: …xxxxxxxxxxxxxxxa -> …xxxxxxxxxxxxxxxb/" + long[:longest-18] + "…": {{WorkingDir: long + "a"}, {WorkingDir: long + "b/" + long}},
		"working_dir: …xxxxxxxxxxxxxxx -> …xxxxxxxxxxxxxxxb":                             {{WorkingDir: long}, {WorkingDir: long + "b"}},
		"working_dir: (none) -> " + long[:longest-1] + "…":                               {{}, {WorkingDir: long}},
		"depends_on.db.condition: service_started -> service_healthy":                    {{DependsOn: []project.Dependency{{Service: "db", Condition: project.ConditionStarted}}}, {DependsOn: []project.Dependency{{Service: "db", Condition: project.ConditionHealthy}}}},
		"dns.servers: (none) -> [1.1.1.1]":                                               {{}, {DNS: project.DNS{Servers: []string{"1.1.1.1"}}}},
		"security_opt.seccomp: content changed":                                          {{}, {Process: project.Process{SeccompProfile: `{"defaultAction":"x"}`}}},
		"ulimits.nofile.hard: 1 -> 2":                                                    {{Process: project.Process{Ulimits: []project.Ulimit{{Name: "nofile", Hard: 1}}}}, {Process: project.Process{Ulimits: []project.Ulimit{{Name: "nofile", Hard: 2}}}}},
	} {
		var lines []string
		for _, d := range Compare(&c[0], &c[1]) {
			lines = append(lines, d.String())
		}
		if got := strings.Join(lines, "\n"); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

// Whatever Compare finds, Copy takes over: then nothing differs any more. And what
// needs nothing is taken over by CopyNeutral.
func TestCopyLeavesNoDifference(t *testing.T) {
	var a, b project.Service
	b = project.Service{Name: "b", Image: "i", Scale: 3, Labels: map[string]string{"a": "b"}, DependsOn: []project.Dependency{{Service: "x"}}, Attach: true}
	b.Umask = new(uint32)
	changes := Compare(&a, &b)
	c := a
	CopyNeutral(&c, &b)
	for _, d := range Compare(&c, &b) {
		if d.Need == Nothing {
			t.Errorf("CopyNeutral left %s", d)
		}
	}
	Copy(&a, &b, changes)
	if left := Compare(&a, &b); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
	if Highest(changes) != Recreate || Highest(nil) != Nothing {
		t.Error("the highest need")
	}
}

// A port that changes costs a new run, but for that of the DNS.
func TestNeedOfPorts(t *testing.T) {
	http := []project.Port{{Target: 80, Protocol: "tcp"}}
	dns := []project.Port{{Target: 53, Protocol: "udp"}}
	for _, c := range []struct {
		was, is []project.Port
		want    Need
	}{{nil, http, Restart}, {http, nil, Restart}, {nil, dns, Recreate}, {dns, append(dns, http...), Restart}} {
		got := Highest(Compare(&project.Service{Ports: c.was}, &project.Service{Ports: c.is}))
		if got != c.want {
			t.Errorf("%v to %v: %s", c.was, c.is, got)
		}
	}
}

// The table of docs/plan.md names every key that does not cost a new container, where it
// belongs.
func TestDocumentedNeeds(t *testing.T) {
	text, err := os.ReadFile("../../docs/plan.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := map[Need]string{}
	for line := range strings.Lines(string(text)) {
		for need, word := range map[Need]string{Nothing: "| nothing:", Update: "| update in place:", Restart: "| restart:", Recreate: "| recreate:"} {
			if strings.HasPrefix(line, word) {
				rows[need] = line
			}
		}
	}
	for _, f := range fields {
		if f.need == Recreate || f.name == "Source" {
			continue
		}
		key, _, _ := strings.Cut(f.key, ".options")
		for need, row := range rows {
			if here := strings.Contains(row, "`"+key+"`"); here != (need == f.need) {
				t.Errorf("%s (%s): in the row %q: %v", key, f.need, need, here)
			}
		}
	}
}
