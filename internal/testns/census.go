package testns

import (
	"net"
	"os"
	"slices"
	"testing"
	"time"
)

// Snapshot is what exists at one moment: a name for each thing, unique in time,
// and a description for people.
type Snapshot map[string]string

// Take makes a snapshot. What cannot be read (it belongs to somebody else, or
// has just gone) is not ours.
func Take(s Scope) Snapshot {
	snap := Snapshot{}
	takeProcesses(s, snap)
	takeMounts(snap)
	takeSockets(s, snap)
	takeCgroups(s, snap)
	takeFiles(s, snap)
	if links, err := net.Interfaces(); err == nil {
		for _, l := range links {
			snap["link "+l.Name] = "network link " + l.Name
		}
	}
	return snap
}

// Strays are the descriptions of what is in now and not in before, sorted.
func Strays(before, now Snapshot) []string {
	var strays []string
	for name, what := range now {
		if _, ok := before[name]; !ok {
			strays = append(strays, what)
		}
	}
	slices.Sort(strays)
	return strays
}

// Clean fails the test if strays remain when the limit has passed. The limit is
// for the kernel's own tidying, which gives no event to wait for.
func Clean(t testing.TB, s Scope, before Snapshot, limit time.Duration) {
	t.Helper()
	deadline := time.Now().Add(limit)
	for {
		strays := Strays(before, Take(s))
		if len(strays) == 0 {
			return
		}
		if time.Now().After(deadline) {
			for _, what := range strays {
				t.Errorf("stray: %s", what)
			}
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
}

func readText(path string) string {
	b, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	return string(b)
}
