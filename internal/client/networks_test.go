package client_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/client"
	"github.com/mocker-compose/mocker-compose/internal/client/clienttest"
	"github.com/mocker-compose/mocker-compose/project"
)

// The remedy for an external network that is not there is one that can be carried out.
func TestExternalNetworkIsMissing(t *testing.T) {
	w := clienttest.New(t)
	for name, hint := range map[string]string{
		"front":  "mocker-compose network create front",
		"bridge": "leave it out of the file",
	} {
		err := client.Externals(w.Env, clienttest.Bounded(t), &project.Project{Networks: []project.Network{{Key: "n", Name: name, External: true}}})
		var exit *client.ExitError
		if !errors.As(err, &exit) || exit.Code != 1 || !strings.Contains(exit.Error(), name) || !strings.Contains(exit.Hint, hint) {
			t.Errorf("%s: %v, want a hint with %q", name, err, hint)
		}
	}
}
