package why

import (
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/supervisor/record"
)

// Facts are what is known of a project.
type Facts struct {
	Now  time.Time
	Live *record.Live // nil: nothing is on record
	// Files is what the compose files say now; nil: they were not read.
	Files *project.Project
	// Profiles are those of services that no active profile enables, by service.
	Profiles map[string][]string
	Logs     map[string][]Line // the last lines of its last run, by container
	Full     bool              // the file system that logs are written to is: lines may be missing
	Binds    map[string][]Bind // by container
	Dir      string            // places in files are shown relative to it
	Program  string            // how commands begin: "mocker-compose"
	// Port tells who has an address of this machine ("tcp 0.0.0.0:80"), "" if that cannot
	// be told; nil: nobody asks.
	Port func(address string) string
}

// Line is one of a log.
type Line struct {
	At     time.Time `json:"time"`
	Stream string    `json:"stream"`
	Text   string    `json:"text"`
}

// Bind is a directory or file of this machine that a container has.
type Bind struct {
	Source, Target string
	Missing        bool
	Owner          string // on this machine: a name, or the number where there is none
	Inside         int    // the owner's id in containers; -1 = it has none there
	Mode           fs.FileMode
	ReadOnly       bool
}

// replicas are the containers of a service, those of run left out.
func (f *Facts) replicas(service string) (list []*record.Replica) {
	if f.Live == nil {
		return nil
	}
	for i := range f.Live.Containers {
		if r := &f.Live.Containers[i]; r.Service.Name == service && r.OneOff == nil {
			list = append(list, r)
		}
	}
	slices.SortFunc(list, func(a, b *record.Replica) int { return a.Number - b.Number })
	return list
}

// place is where a service is defined: "compose.yaml:7".
func (f *Facts) place(s *project.Service) string {
	p := s.Source
	if f.Files != nil {
		if now, ok := f.Files.Service(s.Name); ok {
			p = now.Source
		}
	}
	if p.File == "" {
		return "the compose file"
	}
	file := p.File
	if rel, err := filepath.Rel(f.Dir, file); err == nil && f.Dir != "" && !strings.HasPrefix(rel, "../../") {
		file = rel
	}
	if p.Line == 0 {
		return file
	}
	return file + ":" + strconv.Itoa(p.Line)
}

// edit is a remedy in the compose file: "compose.yaml:7 (service db): mem_limit: 1g".
func (f *Facts) edit(s *project.Service, text string) string {
	return f.place(s) + " (service " + s.Name + "): " + text
}

// command is a remedy to copy.
func (f *Facts) command(words string) string { return f.Program + " " + words }

// short is the name of a container as logs show it: without the project.
func short(r *record.Replica) string {
	if r.Service.ContainerName != "" {
		return r.Name
	}
	return strings.TrimPrefix(r.Name, r.Project+"-")
}
