package supervisor

import "github.com/mocker-compose/mocker-compose/supervisor/door"

func withHint(hint string, err error) error { return door.WithHint(hint, err) }

// holderDied reports that err comes of the death of the project's holder: it is
// nobody's failure, and no answer either. The next supervisor gives one.
func (s *Supervisor) holderDied(err error) bool {
	return err != nil && s.cfg.Gone != nil && s.cfg.Gone(err)
}
