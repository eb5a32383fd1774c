package logging

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/types"

	"github.com/mocker-compose/mocker-compose/project"
)

// heard keeps what the conversion says.
type heard struct{ notices []string }

func (h *heard) Fault(hint, message string, _ ...string) error {
	return errors.New(message + " (" + hint + ")")
}

func (h *heard) Notice(fate project.Fate, _ string, key ...string) {
	h.notices = append(h.notices, string(fate)+" "+key[len(key)-1])
}

func service(driver string, options types.Options) (s types.ServiceConfig) {
	s.Name, s.Logging = "a", &types.LoggingConfig{Driver: driver, Options: options}
	return s
}

func TestConvert(t *testing.T) {
	for _, c := range []struct {
		driver  string
		options types.Options
		want    project.Service
		notices string
	}{
		{"", types.Options{"max-size": "10m", "max-file": "5"}, project.Service{LogMaxSize: 10 << 20, LogMaxFile: 5}, ""},
		{"json-file", types.Options{"max-size": "-1", "compress": "false"}, project.Service{}, ""},
		{"local", types.Options{"compress": "true", "mode": "non-blocking", "max-buffer-size": "4m"},
			project.Service{Logging: project.Logging{NonBlocking: true}}, "ignored compress,ignored max-buffer-size"},
		{"json-file", types.Options{"tag": "x", "labels": "a,b"}, project.Service{}, "ignored labels,ignored tag"},
		{"none", types.Options{"whatever": "x"}, project.Service{Logging: project.Logging{Driver: project.LogNone}}, ""},
		{"journald", types.Options{"tag": "{{.Name}}", "labels": "a, b,", "env-regex": "^X_", "max-size": "1m", "mode": "blocking"},
			project.Service{LogMaxSize: 1 << 20, Logging: project.Logging{Driver: project.LogJournal, Tag: "{{.Name}}", Labels: []string{"a", "b"}, EnvRegex: "^X_"}}, ""},
		{"gelf", types.Options{"gelf-address": "udp://1.2.3.4:12201", "max-size": "?"}, project.Service{}, ""},
		{"loki", nil, project.Service{}, ""},
	} {
		h, out := &heard{}, project.Service{}
		err := Convert(h, service(c.driver, c.options), &out)
		if err != nil || !reflect.DeepEqual(out, c.want) || strings.Join(h.notices, ",") != c.notices {
			t.Errorf("%s %v:\n got %+v, notices %q, %v\nwant %+v, %q", c.driver, c.options, out.Logging, h.notices, err, c.want.Logging, c.notices)
		}
	}
}

func TestRefused(t *testing.T) {
	for _, c := range []struct{ driver, name, value, says string }{
		{"", "max-size", "much", "such as 10m"},
		{"", "max-size", "0", "such as 10m"},
		{"json-file", "max-file", "0", "from 1"},
		{"json-file", "mode", "fast", "blocking or non-blocking"},
		{"json-file", "max-buffer-size", "4m", "mode: non-blocking"},
		{"local", "compress", "perhaps", "true or false"},
		{"journald", "tag", "{{.Bogus}}", "{{.ImageName}}"},
		{"journald", "env-regex", "(", "RE2"},
		{"json-file", "max_size", "10m", `did you mean "max-size"?`},
		{"json-file", "max-files", "3", `did you mean "max-file"?`},
		{"json-file", "syslog-address", "x", "possible are:"},
		{"json_file", "max-size", "1m", `did you mean "json-file"?`},
		{"jsonfile", "max-size", "1m", `did you mean "json-file"?`},
	} {
		out := project.Service{}
		err := Convert(&heard{}, service(c.driver, types.Options{c.name: c.value}), &out)
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s %s=%s: %v, want a word about %q", c.driver, c.name, c.value, err, c.says)
		}
	}
}
