package e2e

import (
	"slices"
	"strings"
	"sync"
	"testing"
)

// Commands and health checks are born into a group whose memory ends at that moment.
// The kernel kills all of it; with the memory of the project holder, as a child of
// vfork(2) has it, the holder would be killed too. In a group that has used up its
// processor time they wait, and nobody else does.
func TestBirthsWhileMemoryEnds(t *testing.T) {
	needControllers(t, "memory", "cpu")
	s := begin(t, `
services:
  ever:
    command: ./probe hungry 0 20ms ever
    mem_limit: 64m
    memswap_limit: 64m
    restart: always
    healthcheck: { test: [CMD, "true"], interval: 20ms, retries: 100000 }
  slow: { command: "sh -c 'while :; do :; done'", cpus: 0.05 }
  web: { command: ./probe serve :80, ports: ["127.0.0.1::80"] }
`)
	s.must("up", "-d")
	before := []int{s.supervisorPID(), s.projectHolderPID("web")}
	stop := make(chan struct{})
	var clients sync.WaitGroup
	for _, service := range []string{"ever", "slow"} {
		clients.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					_ = s.command(s.t.Context(), "exec", "-T", service, "true").Run() // in vain while it restarts
				}
			}
		})
	}
	s.eventually("it has ended for its memory again and again", func() bool {
		return strings.Count(s.read("ever"), "ate\n") > 8
	})
	if get(s.port("web-1"), "/") == "" {
		t.Error("web does not answer")
	}
	close(stop)
	clients.Wait()
	if after := []int{s.supervisorPID(), s.projectHolderPID("web")}; !slices.Equal(before, after) {
		t.Errorf("supervisor and holder were %v, are %v", before, after)
	}
}
