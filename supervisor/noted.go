package supervisor

import (
	"errors"
	"strings"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/supervisor/door"
	"github.com/mocker-compose/mocker-compose/supervisor/execution"
	"github.com/mocker-compose/mocker-compose/supervisor/lifecycle"
	"github.com/mocker-compose/mocker-compose/supervisor/record"
	"github.com/mocker-compose/mocker-compose/supervisor/turns"
)

// noted records how a command to start something has ended, for those who ask later.
func (s *Supervisor) noted(op api.Op, err error) error {
	if execution.IsCancel(err) || errors.Is(err, lifecycle.ErrStopped) || errors.Is(err, turns.ErrClosed) || s.loop.HolderDied(err) || s.loop.Context().Err() != nil {
		return err
	}
	_ = s.loop.Ask(func() {
		if s.loop.Desired.Name == "" || err == nil && s.loop.Failure == nil {
			return
		}
		s.loop.Failure = nil
		if err != nil {
			said := *door.AnswerFor(err).Error
			// What a hook has written may be a secret, and is not for the disk; what a probe
			// has stands below the first line.
			var hook interface { // of a hook or of a step of pre_start
				error
				Brief() string
			}
			if errors.As(err, &hook) {
				said.Message = strings.Replace(said.Message, hook.Error(), hook.Brief(), 1)
			}
			said.Message, _, _ = strings.Cut(said.Message, "\n")
			s.loop.Failure = &record.Failure{At: time.Now(), Op: op, Error: said}
		}
		s.loop.Changed()
	})
	return err
}
