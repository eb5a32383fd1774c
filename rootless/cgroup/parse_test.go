package cgroup

import (
	"testing"
	"time"
)

func TestParse(t *testing.T) {
	cpu := parseCPU([]byte("usage_usec 1500000\nuser_usec 1000000\nsystem_usec 500000\nnr_periods 10\nnr_throttled 4\nthrottled_usec 250\nnr_bursts 0\n"))
	if want := (CPUSample{1500 * time.Millisecond, time.Second, 500 * time.Millisecond, 250 * time.Microsecond, 10, 4}); cpu != want {
		t.Errorf("cpu %+v", cpu)
	}
	io := parseIO([]byte("8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=100 dios=100\n254:1 rbytes=10 wbytes=20 rios=30 wios=40\n7:0 \n"))
	if want := (IOSample{11, 22, 33, 44}); *io != want {
		t.Errorf("io %+v", *io)
	}
	p := parsePressure([]byte("some avg10=1.50 avg60=0.20 avg300=0.00 total=12345\nfull avg10=0.10 avg60=0.00 avg300=0.00 total=99\n"))
	if want := (Pressure{Stall{1.5, 0.2, 0, 12345 * time.Microsecond}, Stall{0.1, 0, 0, 99 * time.Microsecond}}); *p != want {
		t.Errorf("pressure %+v", *p)
	}
	for key, want := range map[string]uint64{"populated": 1, "frozen": 0, "pop": 0, "oom": 7, "oom_kill": 3} {
		if got := field([]byte("populated 1\nfrozen 0\noom 7\noom_kill 3"), key); got != want {
			t.Errorf("%s is %d, want %d", key, got, want)
		}
	}
	for text, want := range map[string]uint64{"max": Max, "max 100000": Max, "": Max, "4096": 4096} {
		if got := limitOf(text); got != want {
			t.Errorf("limit %q is %d", text, got)
		}
	}
}

// What the kernel writes is read without a crash, whatever it is.
func FuzzParse(f *testing.F) {
	f.Add([]byte("some avg10=1.50 avg60=0.20 avg300=0.00 total=12345\nfull avg10=0.10"))
	f.Add([]byte("8:0 rbytes=1 wbytes=2 rios=3 wios=4\n"))
	f.Add([]byte("usage_usec 1\n\nuser_usec 18446744073709551616\n"))
	f.Fuzz(func(_ *testing.T, b []byte) {
		parseCPU(b)
		parseIO(b)
		parsePressure(b)
		field(b, "oom_kill")
	})
}
