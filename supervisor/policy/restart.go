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

// Wait is the wait before the next start by a policy: its own delay, each time, or
// docker's back-off.
func Wait(p project.RestartPolicy, last, ran time.Duration) time.Duration {
	if p.Delay != nil {
		return *p.Delay
	}
	return NextBackoff(last, ran)
}

// Counts reports that a restart counts among the attempts that a policy allows: the run
// that it began lasted for the window. Without one that is settled at once, for all.
func Counts(p project.RestartPolicy, ran time.Duration) bool { return ran >= p.Window }

// Restarts reports that a policy wants another run after one that ended with
// the exit code, when it has already restarted the container done times that
// count. It does not know of stop commands.
func Restarts(p project.RestartPolicy, code, done int) bool {
	switch p.Mode {
	case project.RestartAlways, project.RestartUnlessStopped:
		return p.MaxRetries <= 0 || done < p.MaxRetries
	case project.RestartOnFailure:
		return code != 0 && (p.MaxRetries <= 0 || done < p.MaxRetries)
	case project.RestartNo:
	}
	return false
}
