package policy

import (
	"time"

	"github.com/mocker-compose/mocker-compose/project"
)

// Docker's back-off (moby, restartmanager): the first wait is 100 ms, each
// further one twice as long, at most a minute; a run of 10 s starts it anew.
const (
	backoffFirst = 100 * time.Millisecond
	backoffMax   = time.Minute
	backoffReset = 10 * time.Second
)

// NextBackoff is the wait before the next start, after a wait of last (0 =
// none yet) and a run of the given length.
func NextBackoff(last, ran time.Duration) time.Duration {
	if ran >= backoffReset || last <= 0 {
		return backoffFirst
	}
	return min(2*last, backoffMax)
}

// Restarts reports that a policy wants another run after one that ended with
// the exit code, when it has already restarted the container done times. It
// does not know of stop commands.
func Restarts(p project.RestartPolicy, code, done int) bool {
	switch p.Mode {
	case project.RestartAlways, project.RestartUnlessStopped:
		return true
	case project.RestartOnFailure:
		return code != 0 && (p.MaxRetries <= 0 || done < p.MaxRetries)
	case project.RestartNo:
	}
	return false
}
