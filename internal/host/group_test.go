package host

import (
	"errors"
	"fmt"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/supervisor"
)

// What comes from the holder is text.
func TestLaunchFailure(t *testing.T) {
	for text, want := range map[string]string{
		fmt.Sprintf("start the sandbox: fork/exec /proc/self/fd/3: %v", unix.EAGAIN): tooMany,
		fmt.Sprintf("start the sandbox: fork/exec /proc/self/fd/3: %v", unix.ENOMEM): "",
	} {
		var e *supervisor.StartError
		if err := launchFailure("a/1", errors.New(text)); !errors.As(err, &e) || e.Hint != want || e.Object != "a/1" {
			t.Errorf("%s: %+v", text, err)
		}
	}
	var e *supervisor.StartError
	if err := explain("fork", unix.EAGAIN); !errors.As(err, &e) || e.Hint != tooMany {
		t.Errorf("a step of the set-up: %+v", err)
	}
}
