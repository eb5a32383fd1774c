package project

import "testing"

// TestTableRows: each row is unique and gives a reason when it needs one.
func TestTableRows(t *testing.T) {
	seen := map[string]bool{}
	for _, row := range Table() {
		if seen[row.Key] {
			t.Errorf("%s: two rows", row.Key)
		}
		seen[row.Key] = true
		if (row.Fate == Honoured) != (row.Reason == "") {
			t.Errorf("%s is %s with the reason %q", row.Key, row.Fate, row.Reason)
		}
		if row.Fate == Honoured && (row.Accept != nil || row.Names != nil) {
			t.Errorf("%s: exceptions of a key that is honoured anyway", row.Key)
		}
	}
}

func TestLookup(t *testing.T) {
	for _, tt := range []struct {
		key  string
		fate Fate // "" = unknown
	}{
		{"services.*.command", Honoured},
		{"services.*.models", Degraded},
		{"services.*.build.args.*", Honoured},
		{"services.*.prots", ""},
		{"services.*.command.x", ""},
		{"nothing", ""},
	} {
		row, ok := Lookup(tt.key)
		if ok != (tt.fate != "") || ok && row.Fate != tt.fate {
			t.Errorf("%s: %s, %v", tt.key, row.Fate, ok)
		}
	}
}

func TestChild(t *testing.T) {
	for _, tt := range []struct{ parent, name, want string }{
		{"", "services", "services"},
		{"services", "web", "services.*"},
		{"services", "command", "services.*"},
		{"services.*", "command", "services.*.command"},
		{"services.*.environment", "command", "services.*.environment.*"},
		{"services.*", "prots", ""},
		{"", "prots", ""},
	} {
		path, _, ok := Child(tt.parent, tt.name)
		if !ok {
			path = ""
		}
		if path != tt.want {
			t.Errorf("%q below %q is %q, want %q", tt.name, tt.parent, path, tt.want)
		}
	}
}

func TestFateOf(t *testing.T) {
	for _, tt := range []struct {
		key, name, value string
		want             Fate
	}{
		{"services.*.privileged", "privileged", "true", Degraded},
		{"services.*.privileged", "privileged", "false", Honoured},
		{"services.*.logging.driver", "driver", "local", Honoured},
		{"services.*.logging.driver", "driver", "gelf", Degraded},
		{"services.*.network_mode", "network_mode", "host", Honoured},
		{"services.*.network_mode", "network_mode", "service:db", Honoured},
	} {
		row, ok := Lookup(tt.key)
		if got := row.FateOf(tt.name, tt.value); !ok || got != tt.want {
			t.Errorf("%s=%s is %s, want %s", tt.key, tt.value, got, tt.want)
		}
	}
}

// TestExplain: the reason, and what is honoured in spite of it.
func TestExplain(t *testing.T) {
	for key, want := range map[string]string{
		"services.*.command":        "",
		"services.*.mem_swappiness": "has no counterpart in cgroup v2",
		"services.*.tmpfs":          "",
		"services.*.logging.driver": "the driver is not here: lines are kept in files of our own, which mocker-compose logs reads (honoured: json-file, local, none, journald)",
	} {
		if row, ok := Lookup(key); !ok || row.Explain() != want {
			t.Errorf("%s: %q, want %q", key, row.Explain(), want)
		}
	}
}
