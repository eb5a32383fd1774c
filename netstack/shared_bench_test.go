package netstack

import (
	"testing"

	"github.com/mocker-compose/mocker-compose/netstack/commons"
)

// BenchmarkSandboxesShared makes and removes 50 containers on a network that other
// projects share: beside BenchmarkSandboxes, what leases and names on file cost.
func BenchmarkSandboxesShared(b *testing.B) {
	benchmarkSandboxes(b, Network{Name: "n", Shared: true, Subnets: []Subnet{{Subnet: "10.66.0.0/16"}}})
}

// BenchmarkJoin joins and leaves such a network.
func BenchmarkJoin(b *testing.B) {
	requireCapabilities(b)
	s := open(b, newNamespace(b), newHolder(b))
	share(b, s)
	for b.Loop() {
		ensure(b, s, Network{Name: "n", Shared: true, Subnets: []Subnet{{Subnet: "10.66.0.0/16"}}})
		b.StopTimer()
		if err := s.RemoveNetwork("n"); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
}

// share lets a stack share networks with nobody.
func share(t testing.TB, s *Stack) {
	t.Helper()
	if err := s.Share(commons.Sharing{Project: "alone", Registry: commons.Open(t.TempDir())}); err != nil {
		t.Fatal(err)
	}
}
