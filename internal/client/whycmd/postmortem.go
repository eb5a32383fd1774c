package whycmd

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/client"
	"github.com/mocker-compose/mocker-compose/internal/why"
)

// patience bounds how long the account of a failure may take.
const patience = 5 * time.Second

// PostMortem adds to the error of a command the account of the container that is to blame
// for it. It never fails: then the error is as it was.
func PostMortem(e *client.Env, t client.Target, err error) error {
	var exit *client.ExitError
	if !errors.As(err, &exit) || exit.About == "" || strings.Contains(exit.Hint, "\n") {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	f, ferr := gather(ctx, e, t, nil)
	if ferr != nil {
		return err
	}
	a := why.Container(&f.Facts, exit.About)
	if a != nil && a.Fine {
		a = why.Waiter(&f.Facts, exit.About)
	}
	if a != nil && !a.Fine {
		exit.Story = a.Short(time.Local, exit.Error(), f.Program)
	}
	return err
}
