package e2e

import (
	"os"
	"strconv"
	"strings"
)

func itoa(n int) string { return strconv.Itoa(n) }

func selfPID() int { return os.Getpid() }

// statusOf reads the "KEY: VALUE" lines of `probe status`.
func statusOf(text string) map[string]string {
	all := map[string]string{}
	for line := range strings.Lines(text) {
		if key, value, ok := strings.Cut(line, ":"); ok {
			key, value = strings.TrimSpace(key), strings.TrimSpace(value)
			if old, ok := all[key]; ok {
				value = old + " " + value
			}
			all[key] = value
		}
	}
	return all
}
