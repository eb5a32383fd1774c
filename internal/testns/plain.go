package testns

import (
	"bytes"
	"os"
	"regexp"
	"testing"
)

// Plain makes sure that the calling test, which must be a top-level one, runs as
// a plain user. As one it returns true. As root it runs the test again as
// [PlainUser], reports the result and returns false: return then.
func Plain(t *testing.T) bool {
	t.Helper()
	if os.Getuid() != 0 {
		return true
	}
	account, err := PlainUser()
	if err != nil {
		t.Skipf("no plain user can be had: %v", err)
	}
	cmd := account.Command(t.Context(), "/proc/self/exe", "-test.run=^"+regexp.QuoteMeta(t.Name())+"$", "-test.v", "-test.count=1")
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err = cmd.Run()
	report(t, out.String(), err)
	return false
}
