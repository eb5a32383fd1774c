package supervisor

import (
	"errors"
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
			said.Message = door.Brief(err)
			s.loop.Failure = &record.Failure{At: time.Now(), Op: op, Error: said}
		}
		s.loop.Changed()
	})
	return err
}
