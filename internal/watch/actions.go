package watch

import "context"

// Container is one replica of a service.
type Container struct {
	ID, Name string
	Running  bool
	// Stopped: by the user's wish, so that nothing but the user starts it.
	Stopped bool
}

// Actions is what is done to containers. Its methods are called by several goroutines,
// but for one service never two at the same time, Sync and Containers aside.
type Actions interface {
	// Containers are the replicas of a service, running or not.
	Containers(ctx context.Context, service string) ([]Container, error)
	// Sync makes paths in a container what they are here now: copied, or deleted.
	// They are relative to the rule's own path.
	Sync(ctx context.Context, c Container, r *Rule, paths []string) error
	// Build makes the service's image.
	Build(ctx context.Context, service string) error
	// Replace gives the service containers of the image that was built, and starts those
	// that have ended. replaced: none is what it was.
	Replace(ctx context.Context, service string) (replaced bool, err error)
	// Restart restarts the containers of a service, and starts those that have ended.
	Restart(ctx context.Context, service string) error
	// Exec executes the rule's command, shows what it prints, and returns its exit code.
	Exec(ctx context.Context, c Container, r *Rule) (code int, err error)
}
