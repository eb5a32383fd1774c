package config

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestApply(t *testing.T) {
	for _, c := range []struct {
		lines string // by newlines
		want  Config
	}{
		{`CMD ["a","b c"]`, Config{Cmd: []string{"a", "b c"}}},
		{`cmd echo $HOME; ls`, Config{Cmd: []string{"/bin/sh", "-c", "echo $HOME; ls"}}},
		{`CMD ["a", 1]`, Config{Cmd: []string{"/bin/sh", "-c", `["a", 1]`}}},
		{`CMD []`, Config{Cmd: []string{}}},
		{`ENTRYPOINT ["/x"]`, Config{Entrypoint: []string{"/x"}}},
		{`ENV A=1 B="two words" C='$A' D=x\ y E=a;b&c|d`, Config{Env: []string{"A=1", "B=two words", "C=$A", "D=x y", "E=a;b&c|d"}}},
		{"ENV A=1\nENV B=$A-${A}-${N:-no}-${A:+yes}-\\$A A=2", Config{Env: []string{"B=1-1-no-yes-$A", "A=2"}}},
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
		{`ONBUILD RUN x`, Config{OnBuild: []string{"RUN x"}}},
		{`HEALTHCHECK NONE`, Config{Healthcheck: &Healthcheck{Test: []string{"NONE"}}}},
		{`HEALTHCHECK --interval=5s --retries=3 --start-interval=1s CMD curl -f x || exit 1`, Config{Healthcheck: &Healthcheck{
			Test: []string{"CMD-SHELL", "curl -f x || exit 1"}, Interval: 5 * time.Second, StartInterval: time.Second, Retries: 3,
		}}},
		{`HEALTHCHECK CMD ["a"]`, Config{Healthcheck: &Healthcheck{Test: []string{"CMD", "a"}}}},
	} {
		var got Config
		for line := range strings.SplitSeq(c.lines, "\n") {
			if err := got.Apply(line); err != nil {
				t.Errorf("%s: %v", line, err)
			}
		}
		if !reflect.DeepEqual(got, c.want) {
			g, _ := json.Marshal(got)
			w, _ := json.Marshal(c.want)
			t.Errorf("%s:\n got %s\nwant %s", c.lines, g, w)
		}
	}
}

func set(keys ...string) (m map[string]struct{}) {
	for _, k := range keys {
		m = with(m, k)
	}
	return m
}

func TestApplyRefuses(t *testing.T) {
	for line, part := range map[string]string{
		"":                              "not a valid change command",
		"RUN ls":                        "RUN is not a valid change command",
		"FROM x":                        "not a valid",
		"CMD":                           "at least one argument",
		"ENV A":                         "NAME=VALUE",
		"ENV A=1 B":                     "NAME=VALUE",
		"ENV =1":                        "NAME=VALUE",
		`ENV A="x`:                      "quote",
		"ENV A=${B":                     "not closed",
		"ENV A=${B:?c}":                 "not known",
		"EXPOSE 0":                      "containerPort",
		"EXPOSE 80/icmp":                "containerPort",
		"EXPOSE 90-80":                  "containerPort",
		"EXPOSE 70000":                  "containerPort",
		"USER a b":                      "one argument",
		"HEALTHCHECK curl":              "unknown type",
		"HEALTHCHECK CMD":               "missing command",
		"HEALTHCHECK NONE x":            "no arguments",
		"HEALTHCHECK --every=1s CMD x":  "unknown flag",
		"HEALTHCHECK --retries=x CMD a": "number",
		"HEALTHCHECK --timeout=1ns CMD": "1ms",
		"ONBUILD ONBUILD RUN x":         "isn't allowed",
		"ONBUILD from x":                "isn't allowed",
		"CMD a\x00b":                    "zero byte",
	} {
		if err := new(Config).Apply(line); err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%q: %v, wanted %q", line, err, part)
		}
	}
}

func FuzzApply(f *testing.F) {
	for _, line := range []string{`ENV A="b c" D=${A:-x}`, `HEALTHCHECK --interval=1s CMD ["a"]`, "EXPOSE 1-9/udp", `LABEL "a b"='c'`, "VOLUME [\"/x\"]", "WORKDIR ../../x"} {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		var c Config
		if c.Apply(line) != nil {
			return
		}
		if c.WorkingDir != "" && (c.WorkingDir[0] != '/' || strings.Contains(c.WorkingDir+"/", "/../")) {
			t.Errorf("%q: working directory %q", line, c.WorkingDir)
		}
		if _, err := json.Marshal(File{Config: c}); err != nil {
			t.Error(err)
		}
	})
}
