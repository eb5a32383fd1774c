package logging

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"
	"github.com/docker/go-units"

	"github.com/mocker-compose/mocker-compose/internal/logs/tag"
	"github.com/mocker-compose/mocker-compose/project"
)

// ours are the drivers whose options are read.
var ours = map[string]project.LogDriver{
	"": project.LogFiles, "json-file": project.LogFiles, "local": project.LogFiles,
	"none": project.LogNone, "journald": project.LogJournal,
}

// reader reads one section.
type reader struct {
	src     Source
	service string
	out     *project.Service
	section *types.LoggingConfig
}

// option reads the value of an option; an error says what it must be.
type option func(r *reader, value string) (hint string, ok bool)

// options are those of the drivers that are ours. Docker has some of them for one
// driver only; what bounds our files is good for all.
var options = map[string]option{
	"max-size":        maxSize,
	"max-file":        maxFile,
	"mode":            mode,
	"max-buffer-size": bufferSize,
	"compress":        compress,
	"tag":             tagged,
	"labels":          func(r *reader, v string) (string, bool) { r.out.Logging.Labels = names(v); return "", true },
	"env":             func(r *reader, v string) (string, bool) { r.out.Logging.Env = names(v); return "", true },
	"labels-regex": func(r *reader, v string) (string, bool) {
		return pattern(v, &r.out.Logging.LabelsRegex)
	},
	"env-regex": func(r *reader, v string) (string, bool) { return pattern(v, &r.out.Logging.EnvRegex) },
}

// forJournal are the options that only lines in the journal have a place for.
var forJournal = []string{"tag", "labels", "labels-regex", "env", "env-regex"}

// Convert reads the section of a service.
func Convert(src Source, s types.ServiceConfig, out *project.Service) error {
	if s.Logging == nil {
		return nil
	}
	driver, known := ours[s.Logging.Driver]
	r := &reader{src: src, service: s.Name, out: out, section: s.Logging}
	if !known {
		return r.foreign()
	}
	out.Logging.Driver = driver
	if driver == project.LogNone {
		return nil // as docker: whatever the options are
	}
	for _, name := range slices.Sorted(maps.Keys(s.Logging.Options)) {
		if err := r.option(name, s.Logging.Options[name]); err != nil {
			return err
		}
	}
	if driver != project.LogJournal {
		l := &out.Logging
		l.Tag, l.Labels, l.LabelsRegex, l.Env, l.EnvRegex = "", nil, "", nil, ""
	}
	return nil
}

func (r *reader) at(name string) []string {
	return []string{"services", r.service, "logging", "options", name}
}

func (r *reader) option(name, value string) error {
	read, known := options[name]
	if !known && !strings.HasPrefix(name, "cache-") { // docker's own second copy: our files are that
		return r.src.Fault(nearest(name), strings.Join(r.at(name), ".")+": unknown option", r.at(name)...)
	}
	if !known || value == "" {
		return nil
	}
	if hint, ok := read(r, value); !ok {
		return r.src.Fault(hint, fmt.Sprintf("%s: %q", strings.Join(r.at(name), "."), value), r.at(name)...)
	}
	if r.out.Logging.Driver != project.LogJournal && slices.Contains(forJournal, name) {
		r.src.Notice(project.Ignored, "the files have no place for it; driver journald takes it along, and logs --json tells service and container", r.at(name)...)
	}
	return nil
}

// foreign is a driver that is not ours. A mistyped name of one that is, is a mistake.
func (r *reader) foreign() error {
	name := r.section.Driver
	for _, o := range []string{"json-file", "journald", "local"} {
		if strings.ReplaceAll(strings.ToLower(name), "_", "-") == o || strings.ReplaceAll(o, "-", "") == name {
			return r.src.Fault(fmt.Sprintf("did you mean %q?", o), fmt.Sprintf("services.%s.logging.driver: there is no driver %q", r.service, name),
				"services", r.service, "logging", "driver")
		}
	}
	return nil // the support table has said what becomes of it
}

// nearest is a hint for an unknown option.
func nearest(name string) string {
	known := slices.Sorted(maps.Keys(options))
	plain := func(s string) string { return strings.NewReplacer("_", "", "-", "").Replace(strings.ToLower(s)) }
	for _, k := range known {
		if plain(k) == plain(name) || plain(k) == strings.TrimSuffix(plain(name), "s") {
			return fmt.Sprintf("did you mean %q?", k)
		}
	}
	return "possible are: " + strings.Join(known, ", ")
}

func maxSize(r *reader, v string) (string, bool) {
	if v == "-1" {
		return "", true // no limit of the user's: ours
	}
	n, err := units.RAMInBytes(v)
	r.out.LogMaxSize = max(n, 0)
	return "write a size such as 10m", err == nil && n > 0
}

func maxFile(r *reader, v string) (string, bool) {
	n, err := strconv.Atoi(v)
	r.out.LogMaxFile = n
	return "write a number from 1", err == nil && n > 0
}

func mode(r *reader, v string) (string, bool) {
	r.out.Logging.NonBlocking = v == "non-blocking"
	return "write blocking or non-blocking", v == "blocking" || v == "non-blocking"
}

func bufferSize(r *reader, v string) (string, bool) {
	n, err := units.RAMInBytes(v)
	if r.section.Options["mode"] != "non-blocking" {
		return "it is for mode: non-blocking", false
	}
	r.src.Notice(project.Ignored, "the buffer is the pipe that the service writes to, 256 KiB", r.at("max-buffer-size")...)
	return "write a size such as 4m", err == nil && n > 0
}

func compress(r *reader, v string) (string, bool) {
	on, err := strconv.ParseBool(v)
	if on {
		r.src.Notice(project.Ignored, "older parts stay plain, so that logs and grep read them at full speed; max-size and max-file bound them", r.at("compress")...)
	}
	return "write true or false", err == nil
}

func tagged(r *reader, v string) (string, bool) {
	r.out.Logging.Tag = v
	return "what a tag may have: " + tag.Known(), tag.Check(v) == nil
}

// names splits a list at its commas.
func names(v string) []string {
	var out []string
	for n := range strings.SplitSeq(v, ",") {
		if n = strings.TrimSpace(n); n != "" {
			out = append(out, n)
		}
	}
	return out
}

func pattern(v string, to *string) (string, bool) {
	_, err := regexp.Compile(v)
	*to = v
	return "write a regular expression (RE2)", err == nil
}
