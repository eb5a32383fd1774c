package e2e

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Where there is no cgroup for a project, each key that needs one is told, in one line
// with the cause and the remedy that doctor has, and nothing else is lost.
func TestDoctorLimitsWithoutDelegation(t *testing.T) {
	s := begin(t, `services:
  a:
    command: ./probe pause
    mem_limit: 100m
    mem_reservation: 50m
    memswap_limit: 200m
    cpu_shares: 512
    cpu_quota: 50000
    cpu_period: 100000
    pids_limit: 100
    blkio_config: { weight: 300 }
  b:
    command: ./probe pause
    deploy: { resources: { limits: { cpus: "0.5", memory: 60m, pids: 50 }, reservations: { memory: 30m } } }
`)
	found := s.doctor()["cgroup"]
	if found.State == "ok" {
		t.Skip("this machine has a cgroup for projects: " + found.Found)
	}
	r := s.compose("up", "-d")
	if r.code != 0 {
		t.Fatalf("exit %d\n%s", r.code, r.stderr)
	}
	lines := regexp.MustCompile(`(?m)^.*mem_limit.*$`).FindAllString(r.stderr, -1)
	if len(lines) != 1 {
		t.Fatalf("%d lines name mem_limit:\n%s", len(lines), r.stderr)
	}
	for _, want := range slices.Concat([]string{
		"mem_limit", "mem_reservation", "memswap_limit", "cpu_shares", "cpu_quota", "pids_limit", "blkio_config",
		"deploy.resources.limits.cpus", "deploy.resources.limits.memory", "deploy.resources.limits.pids", "deploy.resources.reservations.memory",
		found.Cause,
	}, found.Remedy) {
		if !strings.Contains(lines[0], want) {
			t.Errorf("not told: %q:\n%s", want, lines[0])
		}
	}
	if again := s.compose("up", "-d"); again.code != 0 || strings.Contains(again.stderr, "mem_limit") {
		t.Errorf("told again: exit %d\n%s", again.code, again.stderr)
	}
}
