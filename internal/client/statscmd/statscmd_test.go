package statscmd

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/api"
)

func ptr[T any](v T) *T { return &v }

// used is a container that has used so much processor time by then.
func used(run string, at, cpu time.Duration) api.Usage {
	return api.Usage{ID: "aa", Name: "p-a-1", Service: "a", Number: 1, State: "running", Run: run, At: at, CPU: &cpu}
}

// cpu is the percentage of the only row, -1 for none.
func (r *rates) cpu(now time.Duration, u ...api.Usage) float64 {
	rows := r.next(u, now)
	if len(rows) != 1 || rows[0].cpu == nil {
		return -1
	}
	return *rows[0].cpu
}

func TestRates(t *testing.T) {
	const s = time.Second
	type step struct {
		name string
		now  time.Duration
		list []api.Usage
		want float64
	}
	summed := used("a/2", 17*s, 100*s)
	summed.Summed = []string{"cpu"}
	stopped := api.Usage{ID: "aa", State: "exited"}
	r := rates{processors: 4}
	for _, c := range []step{
		{"one answer has no rate", 10 * s, []api.Usage{used("a/1", 10*s, 50*s)}, -1},
		{"half of a processor", 12 * s, []api.Usage{used("a/1", 12*s, 51*s)}, 50},
		{"two and a half", 13 * s, []api.Usage{used("a/1", 13*s, 53*s+500*time.Millisecond)}, 250},
		{"idle", 14 * s, []api.Usage{used("a/1", 14*s, 53*s+500*time.Millisecond)}, 0},
		{"a process took its time away", 15 * s, []api.Usage{used("a/1", 15*s, 3*s)}, 0},
		{"a restart begins anew", 16 * s, []api.Usage{used("a/2", 16*s, 200*time.Millisecond)}, 20},
		{"counted in another way", 17 * s, []api.Usage{summed}, -1},
		{"stopped", 18 * s, []api.Usage{stopped}, -1},
		{"started again", 19 * s, []api.Usage{used("a/3", 19*s, 100*time.Millisecond)}, 10},
		{"gone", 20 * s, nil, -1},
		{"made anew meanwhile", 22 * s, []api.Usage{used("a/4", 22*s, 1*s)}, 50},
		{"more than there is", 23 * s, []api.Usage{used("a/4", 23*s, 1000*s)}, 400},
		{"no time has passed", 23 * s, []api.Usage{used("a/4", 23*s, 1001*s)}, -1},
		{"what no cgroup and no process tells", 24 * s, []api.Usage{{ID: "aa", Run: "a/4", At: 24 * s}}, -1},
		{"known again", 25 * s, []api.Usage{used("a/4", 25*s, 1002*s)}, -1},
	} {
		if got := r.cpu(c.now, c.list...); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

func TestPressureOverTheInterval(t *testing.T) {
	const s = time.Second
	u := func(run string, at, cpu, mem time.Duration) api.Usage {
		u := used(run, at, 0)
		u.Pressure = &api.Pressure{CPU: &api.Stall{Avg10: 7, Total: cpu}, Memory: &api.Stall{Avg10: 1, Total: mem}}
		return u
	}
	var r rates
	for _, c := range []struct {
		u        api.Usage
		cpu, mem float64
	}{
		{u("a/1", 10*s, 5*s, 0), 7, 1}, // the kernel's average
		{u("a/1", 12*s, 6*s, 0), 50, 0},
		{u("a/2", 13*s, s/10, 2*s), 10, 100}, // of a new run; more than the time is a matter of when it was read
	} {
		p := r.next([]api.Usage{c.u}, c.u.At)[0].pressure
		if p.cpu == nil || p.mem == nil || *p.cpu != c.cpu || *p.mem != c.mem || p.io != nil {
			t.Errorf("at %v: %v, %v, %v; want %v, %v, none", c.u.At, p.cpu, p.mem, p.io, c.cpu, c.mem)
		}
	}
}

// sample has a container with everything, one that nothing is known of, and one
// that does not run.
func sample() []row {
	full := row{Usage: api.Usage{
		ID: strings.Repeat("ab", 32), Name: "p-web-1", Service: "web", State: "running", Run: "p-web-1/1",
		Memory: ptr(uint64(12_900_000)), MemoryLimit: 100 << 20, PIDs: ptr(uint64(7)),
		Received: ptr(uint64(1_234_567)), Sent: ptr(uint64(999)), Read: ptr(uint64(0)), Written: ptr(uint64(5_500_000_000)),
	}, cpu: ptr(12.345)}
	full.pressure.cpu, full.pressure.mem, full.pressure.io = ptr(1.0), ptr(0.0), ptr(33.3333)
	blank := row{Usage: api.Usage{ID: "cd", Name: "p-dark-1", Service: "dark", State: "running", Run: "p-dark-1/1", MemoryLimit: 8 << 30, Summed: []string{"cpu"}}}
	off := row{Usage: api.Usage{ID: "ef", Name: "p-off-1", Service: "off", State: "exited"}}
	return []row{full, blank, off}
}

func TestFormats(t *testing.T) {
	for _, c := range []struct {
		p    printer
		want string
	}{
		{printer{}, `
CONTAINER ID   NAME       CPU %     MEM USAGE / LIMIT   MEM %     NET I/O         BLOCK I/O    PIDS
abababababab   p-web-1    12.35%    12.3MiB / 100MiB    12.30%    1.23MB / 999B   0B / 5.5GB   7
cd             p-dark-1   --        -- / 8GiB           --        --              --           --
ef             p-off-1    0.00%     0B / 0B             0.00%     0B / 0B         0B / 0B      0
`},
		{printer{format: "table", pressure: true}, `
CONTAINER ID   NAME       CPU %     MEM USAGE / LIMIT   MEM %     NET I/O         BLOCK I/O    PIDS      CPU PSI   MEM PSI   IO PSI
abababababab   p-web-1    12.35%    12.3MiB / 100MiB    12.30%    1.23MB / 999B   0B / 5.5GB   7         1.00%     0.00%     33.33%
cd             p-dark-1   --        -- / 8GiB           --        --              --           --        --        --        --
ef             p-off-1    0.00%     0B / 0B             0.00%     0B / 0B         0B / 0B      0         0.00%     0.00%     0.00%
`},
		{printer{format: `table {{.Name}}\t{{.CPUPerc}}\t{{.Container}}`, pressure: true}, `
NAME       CPU %     CONTAINER
p-web-1    12.35%    ` + strings.Repeat("ab", 32) + `
p-dark-1   --        cd
p-off-1    0.00%     ef
`},
		{printer{format: "{{.ID}} {{.PIDs}} {{.Service}} {{.State}} {{.IOPressure}}", whole: true}, `
` + strings.Repeat("ab", 32) + ` 7 web running 33.33%
cd -- dark running --
ef 0 off exited 0.00%
`},
	} {
		got, err := c.p.text(sample())
		if want := strings.TrimPrefix(c.want, "\n"); err != nil || got != want {
			t.Errorf("%+v: %v\n%s\nwant\n%s", c.p, err, got, want)
		}
	}
	for _, bad := range []string{"{{.Nope}}", "{{", "yaml"} {
		if _, err := (&printer{format: bad}).text([]row{{}}); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}

// docker's keys have docker's values; what cannot be known is null beside them.
func TestJSON(t *testing.T) {
	text, err := (&printer{format: "json"}).text(sample())
	lines := strings.Split(strings.TrimSpace(text), "\n")
	if err != nil || len(lines) != 3 {
		t.Fatalf("%v\n%s", err, text)
	}
	var objects [3]map[string]any
	for i, l := range lines {
		if err := json.Unmarshal([]byte(l), &objects[i]); err != nil {
			t.Fatal(err)
		}
	}
	docker := map[string]any{
		"BlockIO": "0B / 5.5GB", "CPUPerc": "12.35%", "Container": strings.Repeat("ab", 32), "ID": "abababababab", "MemPerc": "12.30%",
		"MemUsage": "12.3MiB / 100MiB", "Name": "p-web-1", "NetIO": "1.23MB / 999B", "PIDs": "7",
	}
	ours := map[string]any{
		"BlockReadBytes": 0.0, "BlockWrittenBytes": 5.5e9, "CPUPercent": 12.35, "CPUPressure": 1.0, "IOPressure": 33.33, "MemPressure": 0.0,
		"MemBytes": 12.9e6, "MemLimitBytes": float64(100 << 20), "MemPercent": 12.3, "NetReceivedBytes": 1234567.0, "NetSentBytes": 999.0,
		"PIDCount": 7.0, "Service": "web", "State": "running",
	}
	for k, want := range ours {
		if got := objects[0][k]; got != want {
			t.Errorf("%s: %v, want %v", k, got, want)
		}
		if _, text := want.(string); text {
			continue
		}
		if got, there := objects[1][k]; got != nil && k != "MemLimitBytes" || !there {
			t.Errorf("%s of what nothing is known of: %v, want null", k, got)
		}
		if got, there := objects[2][k]; got != nil || !there {
			t.Errorf("%s of what does not run: %v, want null", k, got)
		}
	}
	for k, want := range docker {
		if got := objects[0][k]; got != want {
			t.Errorf("%s: %v, want %v", k, got, want)
		}
	}
	all := slices.Sorted(maps.Keys(objects[0]))
	if want := len(docker) + len(ours) + 1; len(all) != want || objects[1]["SummedOverProcesses"].([]any)[0] != "cpu" {
		t.Errorf("%d keys: %v", len(all), all)
	}
}

func TestNote(t *testing.T) {
	for _, c := range []struct {
		summed [][]string
		want   string
	}{
		{nil, ""},
		{[][]string{nil, {"io"}}, ""},
		{[][]string{{"io"}, {"memory", "pids", "io"}}, "no cgroup counts io, memory, pids here"},
		{[][]string{{"cpu", "memory", "pids", "io"}, nil}, "no cgroup counts cpu, memory, pids, io here"},
	} {
		var rows []row
		for _, s := range c.summed {
			rows = append(rows, row{Usage: api.Usage{Summed: s}})
		}
		if got := note(rows); !strings.HasPrefix(got, c.want) || (got == "") != (c.want == "") || strings.Contains(got, "\n") {
			t.Errorf("%q: %q, want %q", c.summed, got, c.want)
		}
	}
}

func FuzzRates(f *testing.F) {
	f.Add(int64(1e9), int64(5e8), int64(2e9), int64(0), true)
	f.Fuzz(func(t *testing.T, at1, cpu1, at2, cpu2 int64, same bool) {
		r := rates{processors: 2}
		run := "a/2"
		if same {
			run = "a/1"
		}
		r.cpu(time.Duration(at1), used("a/1", time.Duration(at1), time.Duration(cpu1)))
		if p := r.cpu(time.Duration(at2), used(run, time.Duration(at2), time.Duration(cpu2))); p != -1 && !(p >= 0 && p <= 200) {
			t.Errorf("%v%%", p)
		}
	})
}
