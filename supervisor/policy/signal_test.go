package policy

import (
	"syscall"
	"testing"
)

func TestParseSignal(t *testing.T) {
	const def = syscall.SIGTERM
	for text, want := range map[string]syscall.Signal{
		"": def, "9": 9, "64": 64, "HUP": syscall.SIGHUP, "SIGHUP": syscall.SIGHUP, "sigusr1": syscall.SIGUSR1,
		"RTMIN": 34, "SIGRTMIN+3": 37, "rtmax-1": 63, "SIGRTMAX": 64,
		"0": 0, "65": 0, "-1": 0, "NOSUCH": 0, "RTMIN+31": 0, "RTMIN-1": 0, "RTMAX+1": 0, "RTMIN+x": 0, "SIG": 0, " HUP": 0,
	} {
		got, err := ParseSignal(text, def)
		if got != want || (err != nil) != (want == 0) {
			t.Errorf("%q: %d, %v; want %d", text, got, err, want)
		}
	}
}
