package dockerfile

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/build"
)

// What a file may cost is bounded: each of these would take the memory of the machine,
// or forever, if it were simply carried out.
func TestHostile(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		part string // of the error; "" is no error
	}{
		"variables double":                        {"FROM a\nENV A=" + strings.Repeat("x", 1000) + "\n" + strings.Repeat("ENV A=$A$A$A$A\n", 40), "has"},
		"variables multiply":                      {"FROM a\nENV A=" + strings.Repeat("a", 60000) + "\nENV B=${A//a/$A}\n", "too much"},
		"substitution in substitution":            {"FROM a\nENV A=" + strings.Repeat("a", 2000) + "\nENV B=${A//a/${A//a/${A//a/$A}}}\n", "too much"},
		"a word of variables":                     {"FROM a\nENV A=" + strings.Repeat("a", 60000) + "\nLABEL x=" + strings.Repeat("$A", 10000) + "\n", "too much"},
		"a pattern":                               {"FROM a\nENV A=" + strings.Repeat("a", 60000) + "\nENV B=${A##" + strings.Repeat("*a", 30000) + "}\n", "too much"},
		"nested braces":                           {"FROM a\nENV A=" + strings.Repeat("${A:-", 50000) + strings.Repeat("}", 50000) + "\n", "in one another"},
		"nested braces in a here-document's line": {"FROM a\nRUN cat <<A " + strings.Repeat("${A:-", 50000) + "\nA\n", "in one another"},
		"braces one after another":                {"FROM a\nENV A=" + strings.Repeat("${B}", 10000) + "\n", ""},
		"ports":                                   {"FROM a\n" + "EXPOSE" + strings.Repeat(" 1-65535/tcp 1-65535/udp", 2000) + "\n", "ports"},
		"stages":                                  {strings.Repeat("FROM a\n", 5000), "instructions"},
		"instructions":                            {"FROM a\n" + strings.Repeat("RUN x\n", 5000), "instructions"},
		"environments of many steps":              {"FROM a\n" + strings.Repeat("ENV A=x\nRUN y\n", 1900), ""},
		"a large file":                            {"FROM a\nRUN <<E\n" + strings.Repeat("x\n", 1<<20) + "E\n", "bytes"},
		"many here-documents":                     {"FROM a\nCOPY" + strings.Repeat(" <<E", 5000) + " /x/\n" + strings.Repeat("E\n", 5000), ""},
		"a long line":                             {"FROM a\nRUN " + strings.Repeat("x", 70000) + "\n", "allowed size"},
		"a long unknown name":                     {"FROM a\n" + strings.Repeat("X", 60000) + " y\n", "unknown instruction"},
		"chain of stages":                         {chain(1000), ""},
		"triggers of triggers":                    {"FROM a AS b\n" + strings.Repeat("ONBUILD RUN x\n", 1500) + strings.Repeat("FROM b\n", 10), ""},
		"platforms":                               {"FROM --platform=" + strings.Repeat("a/", 1000) + " a\n", "platform"},
		"control characters":                      {"FROM a\n\x1b[2JX\n", "unknown instruction"},
	} {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := Lower(t.Context(), Input{Data: []byte(c.text), Images: anyImage})
			runtime.ReadMemStats(&after)
			if used := (after.TotalAlloc - before.TotalAlloc) >> 20; used > 600 {
				t.Errorf("%d MiB were taken", used)
			}
			switch {
			case c.part == "" && err != nil:
				t.Error(err)
			case c.part != "" && (err == nil || !strings.Contains(err.Error(), c.part)):
				t.Errorf("%.300v, wanted %q", err, c.part)
			case err != nil && (len(err.Error()) > 100_000 || strings.Contains(err.Error(), "\x1b[")):
				t.Errorf("the message has %d bytes: %.200q", len(err.Error()), err)
			}
		})
	}
}

func chain(n int) string {
	var b strings.Builder
	b.WriteString("FROM a AS s0\n")
	for i := 1; i < n; i++ {
		fmt.Fprintf(&b, "FROM s%d AS s%d\nCOPY --from=s%d x y\n", i-1, i, i/2)
	}
	return b.String()
}

func anyImage(_ context.Context, ref, platform string) (*build.Image, error) {
	return unknownImage(ref, platform), nil
}

// A base image's triggers are a stranger's too.
func TestHostileTriggers(t *testing.T) {
	for name, triggers := range map[string][]string{
		"many":       strings.Split(strings.Repeat("RUN x\n", 5000), "\n"),
		"two in one": {"RUN x\nRUN y"},
		"empty":      {""},
		"nested":     {"ONBUILD RUN x"},
		"FROM":       {"FROM x"},
		"large":      {"RUN " + strings.Repeat("x", 1<<20)},
		"deep":       {"ENV A=" + strings.Repeat("${A:-", 1000)},
	} {
		t.Run(name, func(t *testing.T) {
			in := Input{Data: []byte("FROM a\n"), Images: func(_ context.Context, ref, platform string) (*build.Image, error) {
				img := unknownImage(ref, platform)
				img.File.Config.OnBuild = triggers
				return img, nil
			}}
			_, err := Lower(t.Context(), in)
			var ours *Error
			if !errors.As(err, &ours) || ours.Line != 1 {
				t.Errorf("%.300v", err)
			}
		})
	}
}

func FuzzLower(f *testing.F) {
	for _, dir := range []string{"testdata/golden/*.txt", "testdata/projects/*/Dockerfile"} {
		files, _ := filepath.Glob(dir)
		for _, name := range files {
			data, err := os.ReadFile(name)
			if err != nil {
				f.Fatal(err)
			}
			_, text, ok := strings.Cut(string(data), "-- Dockerfile --\n")
			if !ok {
				text = string(data)
			}
			text, _, _ = strings.Cut(text, "-- graph --")
			f.Add(text, "", "A")
		}
	}
	f.Add("FROM a AS b\nONBUILD RUN --mount=from=b,target=/x y\nFROM b\n", "b", "")
	f.Fuzz(func(t *testing.T, text, target, trigger string) {
		in := Input{Data: []byte(text), Target: target, Ignored: []string{"x", "y/*"}, Images: func(_ context.Context, ref, platform string) (*build.Image, error) {
			img := unknownImage(ref, platform)
			if trigger != "" {
				img.File.Config.OnBuild = []string{trigger}
			}
			return img, nil
		}}
		g, err := Lower(t.Context(), in)
		if err == nil {
			sound(t, g)
		} else {
			_ = err.Error()
		}
		if _, err := Check(t.Context(), in); err != nil {
			_ = err.Error()
		}
	})
}

// sound is what every graph has to be, whatever it was made of.
func sound(t *testing.T, g *build.Graph) {
	if len(g.Stages) == 0 {
		t.Fatal("a graph without a stage")
	}
	if _, err := json.Marshal(g); err != nil {
		t.Fatal(err)
	}
	for i, s := range g.Stages {
		before := func(at *int) {
			if at != nil && (*at < 0 || *at >= i) {
				t.Errorf("stage %d uses stage %d", i, *at)
			}
		}
		before(s.Base.Stage)
		if dir := s.Image.Config.WorkingDir; dir != "" && !isClean(dir) {
			t.Errorf("working directory %q", dir)
		}
		for _, step := range s.Steps {
			switch {
			case step.Copy != nil:
				before(step.Copy.From.Stage)
				if !isClean(step.Copy.Dest) {
					t.Errorf("destination %q", step.Copy.Dest)
				}
			case step.Run != nil:
				for _, m := range step.Run.Mounts {
					if m.From != nil {
						before(m.From.Stage)
					}
					if m.Target != "" && !isClean(m.Target) {
						t.Errorf("target %q", m.Target)
					}
				}
				if !isClean(step.Run.Dir) || len(step.Run.Args) == 0 {
					t.Errorf("run %+v", step.Run)
				}
			case step.MakeDir != nil && !isClean(step.MakeDir.Path):
				t.Errorf("directory %q", step.MakeDir.Path)
			}
		}
	}
}

func isClean(path string) bool {
	return strings.HasPrefix(path, "/") && !strings.Contains(path+"/", "/../") && !strings.Contains(path, "//") && !strings.ContainsRune(path, 0)
}
