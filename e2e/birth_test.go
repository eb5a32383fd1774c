package e2e

import (
	"slices"
	"strings"
	"sync"
	"testing"
)

// Commands and health checks are born into a group whose memory ends at that moment.
// The kernel kills all of it; with the memory of the project holder, as a child of
// vfork(2) has it, the holder would be killed too.
func TestBirthsWhileMemoryEnds(t *testing.T) {
	needControllers(t, "memory")
	s := begin(t, `
services:
  ever:
    command: ./probe hungry 0 0s ever
    mem_limit: 32m
    memswap_limit: 32m
    restart: always
    healthcheck: { test: [CMD, "true"], interval: 100ms, retries: 100000 }
  web: { command: ./probe serve :80, ports: ["127.0.0.1::80"] }
`)
	s.must("up", "-d")
	before := []int{s.supervisorPID(), s.projectHolderPID("web")}
	stop := make(chan struct{})
	var clients sync.WaitGroup
	clients.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
				_ = s.command(t.Context(), "exec", "-T", "ever", "true").Run() // in vain while it restarts
			}
		}
	})
	defer clients.Wait()
	defer close(stop)
	s.eventually("it has ended for its memory again and again", func() bool {
		return strings.Count(s.read("ever"), "ate\n") > 3
	})
	if get(s.port("web-1"), "/") == "" {
		t.Error("web does not answer")
	}
	if after := []int{s.supervisorPID(), s.projectHolderPID("web")}; !slices.Equal(before, after) {
		t.Errorf("supervisor and holder were %v, are %v", before, after)
	}
}
