package supervisor

import (
	"errors"
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
			s.failure = &record.Failure{At: time.Now(), Op: op, Error: *door.AnswerFor(err).Error}
		}
		s.changed()
	})
	return err
}
