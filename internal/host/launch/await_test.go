package launch

import (
	"errors"
	"fmt"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/supervisor/kernel"
)

func TestExplain(t *testing.T) {
	for _, c := range []struct {
		what  string
		errno unix.Errno
		want  string
		code  int
	}{
		{"execute nginx", unix.ENOENT, "exec nginx: executable file not found in $PATH", 127},
		{"execute ./run", unix.ENOENT, "exec ./run: no such file or directory (or the interpreter that it names is missing)", 127},
		{"become 70000:0", unix.EINVAL, "user 70000:0: " + errNoSuchID.Error(), 0},
		{"set supplementary groups", unix.EINVAL, "group_add: " + errNoSuchID.Error(), 0},
		{"execute ./run", unix.EACCES, "exec ./run: permission denied", 126},
		{"execute ./run", unix.ENOEXEC, "exec ./run: exec format error", 126},
		{"open mount point /x", unix.ENOENT, "launch open mount point /x: no such file or directory", 0},
		{"enter working directory /x", unix.ENOENT, "enter working directory /x: no such file or directory", 0},
	} {
		e, ok := Explain(c.what, c.errno).(*kernel.StartError)
		if !ok || e.Error() != c.want || e.Code != c.code || (e.Hint == "") != (e.Stage == "enter working directory") {
			t.Errorf("got %q (%d, %q), want %q (%d)", e, e.Code, e.Hint, c.want, c.code)
		}
	}
}

// What comes from the holder is text.
func TestRefused(t *testing.T) {
	for text, want := range map[string]string{
		fmt.Sprintf("start the sandbox: fork/exec /proc/self/fd/3: %v", unix.EAGAIN): tooMany,
		fmt.Sprintf("start the sandbox: fork/exec /proc/self/fd/3: %v", unix.ENOMEM): "",
	} {
		var e *kernel.StartError
		if err := refused("a/1", errors.New(text)); !errors.As(err, &e) || e.Hint != want || e.Object != "a/1" {
			t.Errorf("%s: %+v", text, err)
		}
	}
	var e *kernel.StartError
	if err := Explain("fork", unix.EAGAIN); !errors.As(err, &e) || e.Hint != tooMany {
		t.Errorf("a step of the set-up: %+v", err)
	}
}
