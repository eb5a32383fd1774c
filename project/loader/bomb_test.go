package loader_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// repeat joins n lines made by f.
func repeat(n int, f func(i int) string) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(f(i))
	}
	return b.String()
}

// laughs is n levels of ten aliases each to the level before.
func laughs(n int, form string) string {
	return "x-0: &x0 {a: b}\n" + repeat(n, func(i int) string {
		return fmt.Sprintf(form, i+1, i+1, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*x%d, ", i), 10), ", "))
	})
}

// bombs are files that are small to write and large to load.
func bombs() map[string]string {
	end := "services: {a: {}}\n"
	return map[string]string{
		"billion laughs in lists":    laughs(9, "x-%d: &x%d [%s]\n") + end,
		"billion laughs merged":      laughs(9, "x-%d: &x%d {<<: [%s], k: v}\n") + "services: {a: {labels: *x9}}\n",
		"laughs in a service":        laughs(12, "x-%d: &x%d [%s]\n") + "services: {a: {command: *x12}}\n",
		"an anchor in itself":        "x-a: &a [*a]\n" + end,
		"an anchor deep in itself":   "x-a: &a {b: {c: [*a]}}\n" + end,
		"nested lists":               "x-a: " + strings.Repeat("[", 9000) + strings.Repeat("]", 9000) + "\n" + end,
		"nested mappings":            "x-a: " + strings.Repeat("{a: ", 9000) + strings.Repeat("}", 9000) + "\n" + end,
		"nested blocks":              "x-a:\n" + repeat(900, func(i int) string { return strings.Repeat(" ", i+1) + "a:\n" }) + end,
		"nested by aliases":          "x-0: &x0 {a: b}\n" + repeat(500, func(i int) string { return fmt.Sprintf("x-%d: &x%d [*x%d]\n", i+1, i+1, i) }) + end,
		"100,000 services":           "services:\n" + repeat(100_000, func(i int) string { return fmt.Sprintf("  s%d: {command: x}\n", i) }),
		"10,000 services":            "services:\n" + repeat(10_000, func(i int) string { return fmt.Sprintf("  s%d: {command: x}\n", i) }),
		"a chain of extends":         "services:\n  s0: {command: x}\n" + repeat(3000, func(i int) string { return fmt.Sprintf("  s%d: {extends: s%d}\n", i+1, i) }),
		"a list of a million":        "x-a: [" + strings.Repeat("1,", 1<<20) + "]\n" + end,
		"a block of a million":       "x-a:\n" + strings.Repeat("- \n", 1<<20) + end,
		"100,000 ports by one alias": "x-p: &p [" + strings.Repeat("'80',", 1000) + "]\nservices:\n" + repeat(300, func(i int) string { return fmt.Sprintf("  s%d: {ports: *p}\n", i) }),
		"nine megabytes":             "x-a: '" + strings.Repeat("a", 9<<20) + "'\n" + end,
		"nested references":          "services: {a: {command: '" + strings.Repeat("${A:-", 20_000) + strings.Repeat("}", 20_000) + "'}}\n",
		"open references":            "services: {a: {command: '" + strings.Repeat("${A:-", 100_000) + "'}}\n",
		"a port range":               "services: {a: {ports: ['1-65535:1-65535']}}\n",
		"port ranges":                "services: {a: {ports: [" + repeat(40, func(i int) string { return fmt.Sprintf("'%d-30000:%d-30000',", i+1, i+1) }) + "]}}\n",
		"a huge scale":               "services: {a: {scale: 1000000000}}\n",
		"an include cycle":           "include: [compose.yaml]\n" + end,
		"an include of itself twice": "include: [./compose.yaml, ../demo/compose.yaml]\n" + end,
		"an extends cycle":           "services: {a: {extends: b}, b: {extends: c}, c: {extends: a}}\n",
		"an extends of itself":       "services: {a: {extends: {file: compose.yaml, service: a}}}\n",
		"many documents":             strings.Repeat("---\nservices: {a: {}}\n", 100_000),
	}
}

// bombsOfFiles are bombs of more than one file: name, content, name, content …
func bombsOfFiles() map[string][]string {
	const one = "services: {a: {command: x}}\n"
	double := "A0=0123456789abcdef\n" + repeat(60, func(i int) string { return fmt.Sprintf("A%d=$A%d$A%d\n", i+1, i, i) })
	out := map[string][]string{
		"doubling .env":            {"compose.yaml", one, ".env", double},
		"doubling env_file":        {"compose.yaml", "services: {a: {env_file: a.env}}\n", "a.env", double},
		"doubling label_file":      {"compose.yaml", "services: {a: {label_file: a.env}}\n", "a.env", double},
		"one long line of .env":    {"compose.yaml", one, ".env", "A=" + strings.Repeat("a", 4<<20) + "\nB=" + strings.Repeat("$A", 500) + "\n"},
		"nested .env":              {"compose.yaml", one, ".env", "B=" + strings.Repeat("${A:-", 100_000) + strings.Repeat("}", 100_000) + "\n"},
		"nested env_file":          {"compose.yaml", "services: {a: {env_file: a.env}}\n", "a.env", "B=" + strings.Repeat("${A:-", 100_000) + strings.Repeat("}", 100_000) + "\n"},
		"a large .env":             {"compose.yaml", one, ".env", strings.Repeat("A=b\n", 3<<20)},
		"a large env_file":         {"compose.yaml", "services: {a: {env_file: a.env}}\n", "a.env", strings.Repeat("A=b\n", 3<<20)},
		"a long variable, often":   {"compose.yaml", "services: {a: {labels: [" + strings.Repeat("'$A$A$A$A',", 1000) + "]}}\n", ".env", "A=" + strings.Repeat("a", 4<<20) + "\n"},
		"a long variable, aliased": {"compose.yaml", "x-a: &a '$A$A'\nservices: {a: {environment: [" + strings.Repeat("*a,", 9000) + "]}}\n", ".env", "A=" + strings.Repeat("a", 4<<20) + "\n"},
		"a large config":           {"compose.yaml", "services: {a: {command: x, configs: [c]}}\nconfigs: {c: {file: big}}\n", "big", strings.Repeat("a", 17<<20)},
		"600 includes":             {"compose.yaml", "include:\n" + repeat(600, func(i int) string { return fmt.Sprintf("- f%d.yaml\n", i) })},
		"a chain of includes":      {"compose.yaml", "include: [f0.yaml]\n"},
		"a chain over files":       {"compose.yaml", "services: {a: {extends: {file: f0.yaml, service: a}}}\n"},
	}
	for i := range 600 {
		name := fmt.Sprintf("f%d.yaml", i)
		out["600 includes"] = append(out["600 includes"], name, fmt.Sprintf("services: {s%d: {command: x}}\n", i))
		out["a chain of includes"] = append(out["a chain of includes"], name, fmt.Sprintf("include: [f%d.yaml]\nservices: {s%d: {command: x}}\n", i+1, i))
		out["a chain over files"] = append(out["a chain over files"], name, fmt.Sprintf("services: {a: {extends: {file: f%d.yaml, service: a}}}\n", i+1))
	}
	return out
}

// allBombs are the files of each.
func allBombs() map[string][]string {
	all := bombsOfFiles()
	for name, text := range bombs() {
		all[name] = []string{"compose.yaml", text}
	}
	return all
}

// peak is the most memory that this process has had, in MB (proc_pid_status(5)).
func peak(t *testing.T) (mb int) {
	t.Helper()
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(text), "VmHWM:")
	kb := 0
	if _, err := fmt.Sscan(after, &kb); err != nil {
		t.Fatal(err)
	}
	return kb >> 10
}

// TestBombs: each is refused, soon, and with little memory. The deadline is generous
// against a loaded machine; an unbounded load takes minutes. Memory is the peak of
// a process that does nothing else.
func TestBombs(t *testing.T) {
	if name := os.Getenv("MOCKER_TEST_BOMB"); name != "" {
		began := time.Now()
		e := fault(t, os.Getenv("MOCKER_TEST_BOMB_DIR"))
		fmt.Printf("%d MB, %.0f ms: %.120s\n", peak(t), time.Since(began).Seconds()*1000, e)
		return
	}
	for name, files := range allBombs() {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			cmd := exec.CommandContext(ctx, "/proc/self/exe", "-test.run=^TestBombs$", "-test.count=1")
			cmd.Env = append(os.Environ(), "MOCKER_TEST_BOMB="+name, "MOCKER_TEST_BOMB_DIR="+tree(t, files...))
			out, err := cmd.CombinedOutput()
			if err != nil {
				t.Fatalf("not refused within the bounds: %v\n%.2000s", err, out)
			}
			mb := 0
			if _, err := fmt.Sscanf(string(out), "%d MB", &mb); err != nil || mb > 200 {
				t.Errorf("took too much memory (%v): %s", err, out)
			}
			t.Logf("%s", out)
		})
	}
}
