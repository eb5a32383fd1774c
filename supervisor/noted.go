package supervisor

import (
	"errors"
	"strings"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/supervisor/door"
	"github.com/mocker-compose/mocker-compose/supervisor/record"
	"github.com/mocker-compose/mocker-compose/supervisor/turns"
)

// noted records how a command to start something has ended, for those who ask later.
func (s *Supervisor) noted(op api.Op, err error) error {
	if isCancel(err) || errors.Is(err, errStopped) || errors.Is(err, turns.ErrClosed) || s.holderDied(err) || s.ctx.Err() != nil {
		return err
	}
	_ = s.ask(func() {
		if s.desired.Name == "" || err == nil && s.failure == nil {
			return
		}
		s.failure = nil
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
			s.failure = &record.Failure{At: time.Now(), Op: op, Error: said}
		}
		s.changed()
	})
	return err
}
