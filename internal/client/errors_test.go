package client_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/client"
)

// What registries and programs say stands in errors, and steers no terminal.
func TestReportHostile(t *testing.T) {
	text := "step 1:\n\t\x1b]52;c;ZXZpbA==\x07output\r\x1b[1Aof it\u009b2J"
	for _, err := range []error{errors.New(text), &client.ExitError{Code: 1, Err: errors.New(text)}} {
		var b bytes.Buffer
		if code := client.Report(&b, err); code != 1 || b.String() != "step 1:\n\toutputof it2J\n" {
			t.Errorf("%d, %q", code, b.String())
		}
	}
}
