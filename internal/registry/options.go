package registry

import (
	"os"
	"time"
)

// Options of a client. The zero value is what a user gets who says nothing.
type Options struct {
	// Getenv looks variables up; nil is os.Getenv.
	Getenv func(string) string
	// Parallel is how many layers are downloaded at once; 0 is
	// MOCKER_PULL_PARALLEL, max-concurrent-downloads of docker's daemon.json, or 3.
	Parallel int
	// Attempts is how often something is tried that may work the next time; 0 is
	// max-download-attempts of docker's daemon.json, or 5.
	Attempts int
	// Stall is how long a connection may say nothing until it is cut; 0 is
	// MOCKER_REGISTRY_STALL, or 45 s.
	Stall time.Duration
	// Backoff is the pause before the second attempt, which then doubles; 0 is 1 s.
	Backoff time.Duration
	// Insecure are more hosts, with their ports if they have one, or networks
	// (CIDR), that may have any certificate or none. MOCKER_INSECURE_REGISTRIES adds to them.
	Insecure []string
	// Notice gets what the user should know and what is no error: a credential
	// helper that does not work, a mirror that does not answer. It may be called
	// from any goroutine; nil drops it.
	Notice func(string)
}

// Defaults, docker's but for Stall.
const (
	defaultParallel = 3
	defaultAttempts = 5
	defaultStall    = 45 * time.Second
	defaultBackoff  = time.Second
	maxAttempts     = 100
)

func (o *Options) getenv(name string) string {
	if o.Getenv != nil {
		return o.Getenv(name)
	}
	return os.Getenv(name)
}
