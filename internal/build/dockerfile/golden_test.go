package dockerfile

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/build"
)

var update = flag.Bool("update", false, "write what is there as what is expected")

// A case of testdata/golden is a file with parts: "-- options --" (see options),
// "-- Dockerfile --", and what comes of it, "-- graph --" or "-- error --".
func TestGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/golden/*.txt")
	if err != nil || len(files) < 140 {
		t.Fatalf("%d cases: %v", len(files), err)
	}
	for _, path := range files {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txt"), func(t *testing.T) {
			parts := readParts(t, path)
			in := options(t, parts["options"])
			in.Data = []byte(parts["Dockerfile"])
			kind, got := outcome(t, in)
			if *update {
				writeParts(t, path, kind, got)
				return
			}
			if want, ok := parts[kind]; !ok || want != got {
				t.Errorf("got %s:\n%s\nwant:\n%s", kind, got, parts["graph"]+parts["error"])
			}
		})
	}
}

func outcome(t *testing.T, in Input) (kind, text string) {
	g, err := Lower(t.Context(), in)
	if err != nil {
		return "error", err.Error() + "\n"
	}
	return "graph", compact(t, g)
}

// compact leaves out of a graph what the case said itself and what is not set.
func compact(t *testing.T, g *build.Graph) string {
	raw, err := json.Marshal(g)
	if err != nil {
		t.Fatal(err)
	}
	var v any
	if err := json.Unmarshal(raw, &v); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	if err := enc.Encode(pruned(v)); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

const plainPath = "PATH=" + defaultPath

func pruned(v any) any {
	switch v := v.(type) {
	case map[string]any:
		if ref, ok := v["Ref"].(string); ok {
			return "image " + ref
		}
		for key, value := range v {
			switch value := pruned(value); {
			case value == nil, value == "", key == "created", key == "Number" && value == 0.0, key == "rootfs", key == "os" && value == "linux":
				delete(v, key)
			default:
				v[key] = value
			}
		}
		if v["Last"] == v["Line"] {
			delete(v, "Last")
		}
	case []any:
		for i := range v {
			v[i] = pruned(v[i])
			if v[i] == plainPath {
				v[i] = "PATH=..."
			}
		}
	}
	return v
}

// options are lines: target T, platform P, arg NAME[=VALUE], env NAME=VALUE, label NAME=VALUE,
// context NAME [IMAGE], ignore PATTERN, image NAME CONFIG (as JSON of the whole document),
// no-image NAME.
func options(t *testing.T, text string) Input {
	in := Input{Platform: "linux/amd64", Args: map[string]*string{}, Labels: map[string]string{}, Contexts: map[string]Context{}}
	env, images, absent := map[string]string{}, map[string]string{}, map[string]bool{}
	in.Env = func(name string) (string, bool) { v, ok := env[name]; return v, ok }
	for line := range strings.Lines(text) {
		word, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		name, value, has := strings.Cut(rest, "=")
		switch word {
		case "target":
			in.Target = rest
		case "platform":
			in.Platform = rest
		case "arg":
			in.Args[name] = nil
			if has {
				in.Args[name] = &value
			}
		case "env":
			env[name] = value
		case "label":
			in.Labels[name] = value
		case "context":
			name, ref, _ := strings.Cut(rest, " ")
			in.Contexts[name] = Context{Image: ref}
		case "ignore":
			in.Ignored = append(in.Ignored, rest)
		case "image":
			name, doc, _ := strings.Cut(rest, " ")
			images[name] = doc
		case "no-image":
			absent[rest] = true
		default:
			t.Fatalf("option %q", line)
		}
	}
	in.Images = func(_ context.Context, ref, platform string) (*build.Image, error) {
		if absent[ref] {
			return nil, fmt.Errorf("no image %s in the store", ref)
		}
		img := unknownImage(ref, platform)
		if doc := images[ref]; doc != "" {
			if err := json.Unmarshal([]byte(doc), &img.File); err != nil {
				return nil, err
			}
		}
		return img, nil
	}
	return in
}

func readParts(t *testing.T, path string) map[string]string {
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	parts, at := map[string]string{}, ""
	for line := range strings.Lines(string(data)) {
		if name, ok := strings.CutPrefix(strings.TrimSuffix(line, " --\n"), "-- "); ok && strings.HasSuffix(line, " --\n") {
			at = name
			parts[at] = ""
			continue
		}
		parts[at] += line
	}
	// What an editor would not keep is written in words.
	parts["Dockerfile"] = strings.NewReplacer("<BOM>", "\ufeff", "<CR>", "\r", "<TAB>", "\t", "<NUL>", "\x00").Replace(parts["Dockerfile"])
	return parts
}

func writeParts(t *testing.T, path string, kind, got string) {
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text, _, _ := strings.Cut(string(data), "-- graph --\n")
	text, _, _ = strings.Cut(text, "-- error --\n")
	if err := os.WriteFile(path, []byte(text+"-- "+kind+" --\n"+got), 0o644); err != nil {
		t.Fatal(err)
	}
}
