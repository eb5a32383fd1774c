package imagecmd

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/image"
	"github.com/mocker-compose/mocker-compose/internal/image/config"
)

func TestPrintInspected(t *testing.T) {
	list := []inspected{{ID: "sha256:1", Os: "linux", Config: config.Config{Env: []string{"A=1"}}}}
	for format, want := range map[string]string{
		"{{.Id}} {{.Os}}":                   "sha256:1 linux\n",
		"{{.ID}}":                           "sha256:1\n",
		"{{json .Config.Env}}":              `["A=1"]` + "\n",
		"{{range .Config.Env}}{{.}}{{end}}": "A=1\n",
	} {
		var b bytes.Buffer
		if err := (&InspectOptions{format}).print(&b, list); err != nil || b.String() != want {
			t.Errorf("%s: %q, %v", format, b.String(), err)
		}
	}
	if err := (&InspectOptions{"{{.Nope}}"}).print(&bytes.Buffer{}, list); err == nil {
		t.Error("a field that does not exist is taken")
	}
}

func TestFilter(t *testing.T) {
	s, err := image.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	img := &image.Image{Names: []string{"demo/app:1", "web:2"}, Created: now.Add(-2 * time.Hour), Config: image.Config{Labels: map[string]string{"a": "b"}}}
	for text, want := range map[string]bool{
		"": true, "dangling=true": false, "dangling=false": true, "label=a": true, "label=a=b": true, "label=a=c": false, "label=b": false,
		"label!=a": false, "label!=b": true, "label!=a=c": true, "until=1h": true, "until=3h": false,
		"reference=web": true, "reference=demo/*": true, "reference=*:2": true, "reference=docker.io/library/web": true, "reference=nginx": false,
	} {
		var list []string
		if text != "" {
			list = []string{text}
		}
		f, err := newFilter(s, list, "dangling", "label", "until", "reference")
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got := f.match(img, now); got != want {
			t.Errorf("%s: %v", text, got)
		}
	}
	for text, part := range map[string]string{"x": "bad format", "color=red": "the filters are", "dangling=perhaps": "true or false", "until=soon": "neither", "reference=[": "reference", "until!=1h": "filters"} {
		if _, err := newFilter(s, []string{text}, "dangling", "label", "until", "reference"); err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%s: %v", text, err)
		}
	}
}
