package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

// realJournal skips where the journal is not one that a test may read and stop.
func realJournal(t *testing.T) *machine {
	t.Helper()
	m := theLab(t)
	if _, err := os.Stat("/run/systemd/journal/socket"); err != nil {
		t.Fatalf("the lab has no journal: %v", err)
	}
	return m
}

// journal is what journalctl shows of a match, each entry with all its fields.
func (m *machine) journal(match ...string) (entries []map[string]string) {
	m.t.Helper()
	words := append([]string{"journalctl", "--sync", "&&", "journalctl", "--quiet", "--all", "--output=json"}, match...)
	for line := range strings.Lines(m.root(strings.Join(words, " "))) {
		entry := map[string]string{}
		var fields map[string]any
		if err := json.Unmarshal([]byte(line), &fields); err != nil {
			m.t.Fatalf("%v: %s", err, head(line))
		}
		for k, v := range fields {
			entry[k] = journalText(v)
		}
		entries = append(entries, entry)
	}
	return entries
}

// journalText is a field's value, which is a list of bytes where it is no text.
func journalText(v any) string {
	list, ok := v.([]any)
	if !ok {
		return fmt.Sprint(v)
	}
	var b []byte
	for _, n := range list {
		f, _ := n.(float64) // what is none is no byte
		b = append(b, byte(f))
	}
	return string(b)
}

// Driver journald with systemd's own: journalctl finds lines by docker's fields, with
// priorities, odd bytes and lines that are longer than a packet; `logs` has the same.
func TestJournalOfSystemd(t *testing.T) {
	m := realJournal(t)
	const long = 300_000 // more than a socket takes at once
	s := m.begin(fmt.Sprintf(`
services:
  talk:
    command: sh -c 'echo plain; echo oops >&2; printf "tab\tred \033[31m\n"; printf "bad \377 end\n"; head -c %d /dev/zero | tr "\0" x; echo; printf "no end"'
    labels: { com.example.team: blue, other: left }
    environment: { MODE: test, SECRET: kept }
    logging: { driver: journald, options: { tag: "{{.Name}}/mine", labels: com.example.team, env: MODE } }
  plain: { command: echo not there }
`, long))
	s.must("up", "-d")
	s.eventually("both have ended", func() bool { return s.state("talk-1") == "exited" && s.state("plain-1") == "exited" })
	name := s.project + "-talk-1"
	var entries []map[string]string
	defer func() {
		if t.Failed() {
			for _, e := range entries {
				t.Logf("%d bytes: %s", len(e["MESSAGE"]), head(e["MESSAGE"]))
			}
		}
	}()
	s.eventually("the last lines of both streams are in the journal", func() bool {
		entries = m.journal("CONTAINER_NAME=" + name)
		last := map[string]bool{}
		for _, e := range entries {
			last[e["MESSAGE"]] = true
		}
		return last["no end"] && last["oops"]
	})
	var said, whole strings.Builder
	for _, e := range entries {
		for field, want := range map[string]string{
			"CONTAINER_TAG": name + "/mine", "SYSLOG_IDENTIFIER": name + "/mine", "COM_DOCKER_COMPOSE_PROJECT": s.project,
			"COM_DOCKER_COMPOSE_SERVICE": "talk", "COM_EXAMPLE_TEAM": "blue", "MODE": "test", "OTHER": "", "SECRET": "",
			"_TRANSPORT": "journal", "_UID": fmt.Sprint(labUser),
		} {
			if e[field] != want {
				t.Errorf("%s is %q, want %q, of %s", field, e[field], want, head(e["MESSAGE"]))
			}
		}
		if id := e["CONTAINER_ID_FULL"]; len(id) != 64 || !strings.HasPrefix(id, e["CONTAINER_ID"]) || len(e["CONTAINER_ID"]) != 12 {
			t.Errorf("ids %q and %q", e["CONTAINER_ID"], id)
		}
		if strings.HasPrefix(e["MESSAGE"], "xxx") {
			whole.WriteString(e["MESSAGE"])
			continue
		}
		fmt.Fprintf(&said, "%s %q\n", e["PRIORITY"], e["MESSAGE"])
	}
	lines := strings.SplitAfter(said.String(), "\n")
	for _, want := range []string{"6 \"plain\"\n", "3 \"oops\"\n", "6 \"tab\\tred \\x1b[31m\"\n", "6 \"bad \\xff end\"\n", "6 \"no end\"\n"} {
		n := 0
		for _, l := range lines {
			if l == want {
				n++
			}
		}
		if n != 1 {
			t.Errorf("%d entries %s among\n%s", n, want, said.String())
		}
	}
	if whole.String() != strings.Repeat("x", long) {
		t.Errorf("of a line of %d bytes there are %d", long, whole.Len())
	}
	if got := m.journal("COM_DOCKER_COMPOSE_SERVICE=plain"); len(got) > 0 {
		t.Errorf("a service that did not ask for it is in the journal: %v", got)
	}
	if out := s.must("logs", "--raw", "talk"); !strings.Contains(out, "bad \xff end\n") || !strings.Contains(out, strings.Repeat("x", long)) || !strings.HasSuffix(out, "no end") {
		t.Errorf("logs has %d bytes: %s", len(out), head(out))
	}
}

// A journal that is stopped holds nobody up: that is said once, the lines are kept, and
// come when it is there again.
func TestJournalIsStopped(t *testing.T) {
	m := realJournal(t)
	const units = "systemd-journald.socket systemd-journald-dev-log.socket systemd-journald-audit.socket systemd-journald.service"
	t.Cleanup(func() { m.root("systemctl start systemd-journald.socket systemd-journald.service") })
	s := m.begin(`
services:
  talk:
    command: sh -c 'echo one; until test -e go; do sleep 0.1; done; echo two; exec sleep 100000'
    stop_grace_period: 0s
    logging: { driver: journald }
  late: { command: echo three, logging: { driver: journald }, profiles: [late] }
`)
	has := func(what string, want ...string) {
		t.Helper()
		var said []string
		defer func() { t.Logf("%s: %q", what, said) }()
		s.eventually(what, func() bool {
			said = nil
			for _, e := range m.journal("COM_DOCKER_COMPOSE_PROJECT=" + s.project) {
				said = append(said, e["MESSAGE"])
			}
			slices.Sort(said)
			return slices.Equal(said, want)
		})
	}
	s.must("up", "-d", "talk")
	has("the first line", "one")
	m.root("systemctl stop " + units + " 2>&1")
	s.write("go", "")
	s.eventually("the second line is kept", func() bool { return s.logged("talk", "two") })
	r := s.compose("--profile", "late", "up", "-d", "late")
	if r.code != 0 || strings.Count(r.stderr, "the systemd journal does not answer at /run/systemd/journal/socket") != 1 {
		t.Errorf("up without a journal: exit %d\n%s", r.code, r.stderr)
	}
	s.eventually("late has ended", func() bool { return s.state("late-1") == "exited" })
	if out := s.must("--profile", "late", "logs", "--no-log-prefix"); strings.Count(out, "\n") != 3 {
		t.Errorf("logs without a journal: %s", out)
	}
	m.root("systemctl start systemd-journald.socket systemd-journald.service")
	has("what was kept comes", "one", "three", "two")
}
