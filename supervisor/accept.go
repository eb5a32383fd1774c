package supervisor

import (
	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/supervisor/vet"
)

// accept refuses a project that could not be carried out later, and takes the contents of
// its configs and secrets out of it: what is left of it goes into records.
func (s *Supervisor) accept(p *project.Project) (contents map[string][]byte, err error) {
	if err := vet.Project(p, s.cfg.Name); err != nil {
		return nil, err
	}
	if err := s.rt.CheckUplink(s.loop.Context(), p.Uplink); err != nil {
		return nil, err
	}
	contents, p.Contents = p.Contents, nil
	return contents, nil
}

// keepContents gives contents to the runtime, which keeps what the containers that exist
// were made of beside them: a roll-back may bring such a one back. It is called in one's
// turn: what another command is about to need must not be forgotten.
func (s *Supervisor) keepContents(contents map[string][]byte) error {
	used, err := s.usedContents(false)
	if err != nil {
		return err
	}
	return s.rt.KeepContents(contents, used)
}

// forgetContents makes the runtime forget the contents that neither a container nor the
// desired project needs any more.
func (s *Supervisor) forgetContents() {
	used, err := s.usedContents(true)
	if err != nil {
		return // the supervisor ends; the next command does it
	}
	if err := s.rt.KeepContents(nil, used); err != nil {
		s.loop.Report(err.Error())
	}
}

// usedContents are the digests of what containers were made of, and of what the desired
// project has.
func (s *Supervisor) usedContents(desired bool) (used []string, err error) {
	err = s.loop.Ask(func() {
		for _, i := range s.loop.Instances {
			used = append(used, i.Rec.Service.Digests()...)
		}
		for _, r := range s.loop.Rollouts { // should they come back
			for n := range r.Was {
				used = append(used, r.Was[n].Service.Digests()...)
			}
		}
		for n := range s.loop.Desired.Services {
			if desired {
				used = append(used, s.loop.Desired.Services[n].Digests()...)
			}
		}
	})
	return used, err
}
