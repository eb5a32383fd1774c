package supervisor

import "time"

// How long nothing may be to do before the supervisor ends. The first client
// may take its time: whoever started the supervisor is about to connect.
const (
	idleLimit  = time.Second
	firstLimit = 10 * time.Second
)

// watchIdle begins to look for idleness. Called on the loop.
func (s *Supervisor) watchIdle() {
	s.idleWait = firstLimit
	s.watching = true
}

// settleIdle arms or stops the idle timer. Part of phase 1.
func (s *Supervisor) settleIdle() {
	if s.clients > 0 {
		s.idleWait = idleLimit
	}
	idle := s.watching && s.idle()
	if !idle && s.idleTimer != nil {
		s.idleTimer.Stop()
		s.idleTimer = nil
	}
	if idle && s.idleTimer == nil {
		s.idleTimer = time.AfterFunc(s.idleWait, func() {
			_ = s.loop.Ask(func() {
				if s.idle() && s.idleTimer != nil {
					s.finish(ErrIdle)
				}
			})
		})
	}
}

// idle reports that nothing runs or will run, and that nobody asks for
// anything. A request whose client has gone is still something to do.
func (s *Supervisor) idle() bool {
	if s.clients > 0 || !s.queue.Empty() {
		return false
	}
	for _, i := range s.loop.Instances {
		if !i.Rec.Final() || i.Passing() {
			return false
		}
	}
	return true
}
