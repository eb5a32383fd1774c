package states

import "testing"

func TestEveryNameIsGivenOnceAndReadBack(t *testing.T) {
	type text interface {
		String() string
		MarshalText() ([]byte, error)
	}
	all := map[string][]text{}
	for n := range NumStates {
		all["state"] = append(all["state"], n)
	}
	for n := range NumDesired {
		all["desired"] = append(all["desired"], n)
	}
	for n := range NumReasons {
		all["reason"] = append(all["reason"], n)
	}
	for kind, values := range all {
		seen := map[string]bool{}
		for n, v := range values {
			b, err := v.MarshalText()
			if err != nil || seen[string(b)] || (n > 0 && string(b) == "") {
				if !(kind == "state" && n == 0) {
					t.Errorf("%s %d: name %q is empty, doubled or %v", kind, n, b, err)
				}
			}
			seen[string(b)] = true
			if !readsBack(kind, b, n) {
				t.Errorf("%s %q does not read back as %d", kind, b, n)
			}
		}
	}
	var s State
	if err := s.UnmarshalText([]byte("nonsense")); err == nil {
		t.Error("an unknown state was accepted")
	}
}

func readsBack(kind string, b []byte, n int) bool {
	switch kind {
	case "state":
		var v State
		return v.UnmarshalText(b) == nil && int(v) == n && v.Docker() != "dead"
	case "desired":
		var v Desired
		return v.UnmarshalText(b) == nil && int(v) == n
	}
	var v Reason
	return v.UnmarshalText(b) == nil && int(v) == n
}
