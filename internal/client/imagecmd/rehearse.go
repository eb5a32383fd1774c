package imagecmd

import (
	"github.com/mocker-compose/mocker-compose/internal/client"
	"github.com/mocker-compose/mocker-compose/internal/image"
)

// What --dry-run says of the commands that add to the store or read it. What is looked
// at before something is done is looked at here too, so that it fails as they would; what
// is in an archive is known when it is read.

// there is the store; nil in a dry run where there is none, since none is to be made.
func there(e *client.Env) (*image.Store, error) {
	if e.Global.DryRun && !image.Exists(e.Dirs.Images()) {
		return nil, nil
	}
	return Open(e)
}

func rehearseTag(e *client.Env, ref, name string) error {
	name, err := image.TagName(name)
	if err != nil {
		return err
	}
	s, err := there(e)
	if err != nil {
		return err
	}
	if s == nil {
		return brief(&image.NotFoundError{Ref: ref})
	}
	img, err := s.Find(ref)
	if err != nil {
		return brief(err)
	}
	details := ""
	if old, err := s.Find(name); err == nil && old.ID != img.ID {
		details = "taken from " + short(old.ID)
	}
	e.RehearseWith("Image", ref, "", "Tagged "+name, details)
	return nil
}

func (o *SaveOptions) rehearse(e *client.Env, s *image.Store, refs []string) error {
	to := o.Output
	if to == "" {
		to = "standard output"
	}
	list, err := s.Choose(refs)
	for i := range list {
		name := list[i].ID
		if len(list[i].Names) > 0 {
			name = list[i].Names[0]
		}
		e.RehearseWith("Image", name, "Saving", "Saved", "to "+to)
	}
	return err
}

// rehearseRead tells that an archive would be read.
func rehearseRead(e *client.Env, from, before, after, as string) {
	if from == "" || from == "-" {
		from = "standard input"
	}
	if as != "" {
		as = "as " + as
	}
	e.RehearseWith("Archive", from, before, after, as)
}
