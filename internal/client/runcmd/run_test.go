package runcmd

import (
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"github.com/mocker-compose/mocker-compose/internal/client"
)

// TestLongName: a container that no file could be named for would begin a project that nothing
// could remove.
func TestLongName(t *testing.T) {
	o := &RunOptions{}
	o.Register(pflag.NewFlagSet("run", pflag.ContinueOnError))
	o.Name = strings.Repeat("x", 300)
	err := CheckRun(&client.Env{}, o)
	if err == nil || err.Error() != "container name of 300 bytes: use at most 200" {
		t.Errorf("%v", err)
	}
}
