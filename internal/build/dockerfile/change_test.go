package dockerfile

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/image/config"
)

type Config = config.Config

func TestChange(t *testing.T) {
	for _, c := range []struct {
		lines string // by newlines
		want  Config
	}{
		{`CMD ["a","b c"]`, Config{Cmd: []string{"a", "b c"}, ArgsEscaped: true}},
		{`cmd echo $HOME; ls`, Config{Cmd: []string{"/bin/sh", "-c", "echo $HOME; ls"}, ArgsEscaped: true}},
		{`CMD []`, Config{Cmd: []string{}, ArgsEscaped: true}},
		{`ENTRYPOINT ["/x"]`, Config{Entrypoint: []string{"/x"}}},
		{"CMD [\"a\"]\nENTRYPOINT [\"/x\"]", Config{Cmd: []string{"a"}, Entrypoint: []string{"/x"}, ArgsEscaped: true}},
		{`ENV A=1 B="two words" C='$A' D=x\ y E=a;b&c|d`, Config{Env: []string{"A=1", "B=two words", "C=$A", "D=x y", "E=a;b&c|d"}}},
		{"ENV A=1\nENV B=$A-${A}-${N:-no}-${A:+yes}-\\$A A=2", Config{Env: []string{"A=2", "B=1-1-no-yes-$A"}}},
		{`ENV PATH  /bin "and more"`, Config{Env: []string{"PATH=/bin and more"}}},
		{`ENV A=`, Config{Env: []string{"A="}}},
		{`ENV A="x\"y\n"`, Config{Env: []string{`A=x"y\n`}}},
		{`EXPOSE 80 53/UDP 8000-8001`, Config{ExposedPorts: set("80/tcp", "53/udp", "8000/tcp", "8001/tcp")}},
		{`LABEL a.b=c "d e"=f`, Config{Labels: map[string]string{"a.b": "c", "d e": "f"}}},
		{`VOLUME ["/a b", "/c"]`, Config{Volumes: set("/a b", "/c")}},
		{`VOLUME /a /b`, Config{Volumes: set("/a", "/b")}},
		{`USER 1:2`, Config{User: "1:2"}},
		{"WORKDIR /a\nWORKDIR ../b c", Config{WorkingDir: "/b c"}},
		{`STOPSIGNAL SIGQUIT`, Config{StopSignal: "SIGQUIT"}},
		{"ONBUILD RUN x\nONBUILD RUN y", Config{OnBuild: []string{"RUN x", "RUN y"}}},
		{`HEALTHCHECK NONE`, Config{Healthcheck: &config.Healthcheck{Test: []string{"NONE"}}}},
		{`HEALTHCHECK --interval=5s --retries=3 --start-interval=1s CMD curl -f x || exit 1`, Config{Healthcheck: &config.Healthcheck{
			Test: []string{"CMD-SHELL", "curl -f x || exit 1"}, Interval: 5 * time.Second, StartInterval: time.Second, Retries: 3,
		}}},
		{`HEALTHCHECK CMD ["a"]`, Config{Healthcheck: &config.Healthcheck{Test: []string{"CMD", "a"}}}},
	} {
		var got Config
		if err := Change(&got, strings.Split(c.lines, "\n")); err != nil {
			t.Errorf("%s: %v", c.lines, err)
		}
		if !reflect.DeepEqual(got, c.want) {
			g, _ := json.Marshal(got)
			w, _ := json.Marshal(c.want)
			t.Errorf("%s:\n got %s\nwant %s", c.lines, g, w)
		}
	}
}

func set(keys ...string) map[string]struct{} {
	m := map[string]struct{}{}
	for _, k := range keys {
		m[k] = struct{}{}
	}
	return m
}

// An ENTRYPOINT takes away the CMD that was meant for another, but not one of the same lines.
func TestChangeOfEntrypoint(t *testing.T) {
	for lines, want := range map[string][]string{
		`ENTRYPOINT ["e"]`:                nil,
		"CMD [\"n\"]\nENTRYPOINT [\"e\"]": {"n"},
		"USER x":                          {"old"},
	} {
		c := Config{Cmd: []string{"old"}}
		if err := Change(&c, strings.Split(lines, "\n")); err != nil || !reflect.DeepEqual(c.Cmd, want) {
			t.Errorf("%s: %q %v", lines, c.Cmd, err)
		}
	}
}

func TestChangeRefuses(t *testing.T) {
	for line, part := range map[string]string{
		"":                              "not a valid change command",
		"RUN ls":                        "RUN is not a valid change command",
		"FROM x":                        "not a valid",
		"CMD EXPOSE":                    "",
		`CMD ["a", 1]`:                  "strings only",
		"ENV A":                         "must have two arguments",
		"ENV A=1 B":                     "name=value",
		"ENV =1":                        "blank",
		"ENV A=${B":                     "unsupported modifier",
		"ENV A=1\nENV B=2":              "more than one",
		"EXPOSE 80/icmp":                "containerPort",
		"EXPOSE 90-80":                  "containerPort",
		"EXPOSE 70000":                  "containerPort",
		"HEALTHCHECK curl":              "Unknown type",
		"HEALTHCHECK CMD":               "Missing command",
		"HEALTHCHECK NONE x":            "no arguments",
		"HEALTHCHECK --every=1s CMD x":  "unknown flag",
		"HEALTHCHECK --retries=x CMD a": "invalid syntax",
		"HEALTHCHECK --timeout=1ns CMD": "Missing command",
		"STOPSIGNAL SIGNO":              "unknown",
		"ONBUILD ONBUILD RUN x":         "isn't allowed",
		"ONBUILD from x":                "isn't allowed",
		"CMD a\x00b":                    "zero byte",
	} {
		c := Config{Env: []string{"A=0"}}
		err := Change(&c, []string{"USER x", line})
		if part != "" && (err == nil || !strings.Contains(err.Error(), part)) {
			t.Errorf("%q: %v, wanted %q", line, err, part)
		}
		if err != nil && !reflect.DeepEqual(c, Config{Env: []string{"A=0"}}) {
			t.Errorf("%q: it changed something: %+v", line, c)
		}
	}
}

func FuzzChange(f *testing.F) {
	for _, line := range []string{`ENV A="b c" D=${A:-x}`, `HEALTHCHECK --interval=1s CMD ["a"]`, "EXPOSE 1-9/udp", `LABEL "a b"='c'`, "VOLUME [\"/x\"]", "WORKDIR ../../x"} {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		var c Config
		if Change(&c, []string{line}) != nil {
			return
		}
		if c.WorkingDir != "" && !isClean(c.WorkingDir) {
			t.Errorf("%q: working directory %q", line, c.WorkingDir)
		}
		if _, err := json.Marshal(config.File{Config: c}); err != nil {
			t.Error(err)
		}
	})
}
