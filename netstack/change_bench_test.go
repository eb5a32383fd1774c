package netstack

import "testing"

// BenchmarkChange connects a container to a second network and disconnects it again,
// and changes its names beside that.
func BenchmarkChange(b *testing.B) {
	requireCapabilities(b)
	s := open(b, newNamespace(b), newHolder(b))
	ensure(b, s, Network{Name: "a"})
	ensure(b, s, Network{Name: "b"})
	sb := service(b, s, "web-1", "a")
	to := func(b *testing.B, endpoints ...EndpointSpec) {
		spec := sb.spec
		spec.Endpoints = endpoints
		if _, err := s.Change("web-1", spec, unnoted); err != nil {
			b.Fatal(err)
		}
	}
	b.Run("connect", func(b *testing.B) {
		for b.Loop() {
			to(b, EndpointSpec{Network: "a"}, EndpointSpec{Network: "b"})
			b.StopTimer()
			to(b, EndpointSpec{Network: "a"})
			b.StartTimer()
		}
	})
	b.Run("disconnect", func(b *testing.B) {
		for b.Loop() {
			b.StopTimer()
			to(b, EndpointSpec{Network: "a"}, EndpointSpec{Network: "b"})
			b.StartTimer()
			to(b, EndpointSpec{Network: "a"})
		}
	})
	b.Run("names", func(b *testing.B) {
		for n := 0; b.Loop(); n++ {
			to(b, EndpointSpec{Network: "a", Aliases: []string{string(rune('a' + n%20))}})
		}
	})
}
