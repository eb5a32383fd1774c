package networkcmd

import (
	"errors"
	"fmt"

	"github.com/mocker-compose/mocker-compose/internal/client"
)

// Attach says what takes the place of docker's network connect and disconnect.
func Attach(command string) error {
	what := "add the network to the service's networks in the file"
	if command == "disconnect" {
		what = "take the network out of the service's networks in the file"
	}
	return &client.ExitError{
		Code: 1, Err: fmt.Errorf("network %s: %w", command, errors.New("what a container stands on is what its compose file says")),
		Hint: what + ", and run: mocker-compose up -d (the container goes on running)",
	}
}
