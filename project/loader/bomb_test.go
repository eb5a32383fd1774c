package loader_test

import (
	"fmt"
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

// TestBombs: each is refused, soon. The deadline is generous against a loaded
// machine; an unbounded load takes minutes or all memory.
func TestBombs(t *testing.T) {
	for name, text := range bombs() {
		t.Run(name, func(t *testing.T) {
			began := time.Now()
			e := fault(t, tree(t, "compose.yaml", text))
			if d := time.Since(began); d > 20*time.Second {
				t.Errorf("refused after %s only", d)
			} else {
				t.Logf("%8.0f ms: %.120s", d.Seconds()*1000, e)
			}
		})
	}
}
