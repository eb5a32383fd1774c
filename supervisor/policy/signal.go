package policy

import (
	"fmt"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/project"
)

// ParseSignal reads a signal as stop_signal and kill -s have it: a number, or a
// name with or without SIG, in any case (signal(7)). "" is def.
func ParseSignal(text string, def syscall.Signal) (syscall.Signal, error) {
	if text == "" {
		return def, nil
	}
	if n, err := strconv.Atoi(text); err == nil {
		// 64 is SIGRTMAX on all our architectures.
		if n < 1 || n > 64 {
			return 0, fmt.Errorf("signal %q: not between 1 and 64", text)
		}
		return syscall.Signal(n), nil
	}
	name := strings.ToUpper(text)
	if !strings.HasPrefix(name, "SIG") {
		name = "SIG" + name
	}
	if n, ok := realtime(name); ok {
		return n, nil
	}
	if n := unix.SignalNum(name); n != 0 {
		return n, nil
	}
	return 0, fmt.Errorf("signal %q: unknown; use a name such as SIGTERM or a number", text)
}

// realtime reads SIGRTMIN+n and SIGRTMAX-n. User code's SIGRTMIN is 34: the C
// library keeps 32 and 33 for itself (signal(7)).
func realtime(name string) (syscall.Signal, bool) {
	const low, high = 34, 64
	if rest, ok := strings.CutPrefix(name, "SIGRTMIN"); ok {
		return offset(rest, "+", low, 1, high-low)
	}
	if rest, ok := strings.CutPrefix(name, "SIGRTMAX"); ok {
		return offset(rest, "-", high, -1, high-low)
	}
	return 0, false
}

func offset(rest, sign string, base, dir, limit int) (syscall.Signal, bool) {
	if rest == "" {
		return syscall.Signal(base), true
	}
	digits, ok := strings.CutPrefix(rest, sign)
	if !ok {
		return 0, false
	}
	n, err := strconv.Atoi(digits)
	if err != nil || n < 0 || n > limit {
		return 0, false
	}
	return syscall.Signal(base + dir*n), true
}

// Ends reports that a signal is sent to end a container of a service, not to tell it
// something.
func Ends(s *project.Service, sig syscall.Signal) bool {
	switch sig {
	case syscall.SIGKILL, syscall.SIGTERM, syscall.SIGINT, syscall.SIGQUIT:
		return true
	}
	own, err := ParseSignal(s.StopSignal, syscall.SIGTERM)
	return err == nil && own == sig
}
