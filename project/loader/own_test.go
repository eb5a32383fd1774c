package loader_test

import (
	"strings"
	"testing"

	"github.com/mocker-compose/mocker-compose/project"
)

// Of two services that share a volume and are told to have different owners, it is said
// once, where the file says so.
func TestOwnersOfSharedVolume(t *testing.T) {
	p := loadText(t, `
services:
  a: {image: i, command: x, volumes: ["vv:/v"], x-mocker: {own_files: "1000"}}
  b: {image: i, command: x, volumes: ["vv:/v"], x-mocker: {own_files: false}}
  c: {image: i, command: x, volumes: ["vw:/w"], x-mocker: {own_files: "1000"}}
  d: {image: i, command: x, volumes: ["vw:/w"], x-mocker: {own_files: "1000"}}
  e: {image: i, command: x, volumes: ["vw:/w"]}
  f: {image: i, command: x, volumes: ["vr:/r:ro"], x-mocker: {own_files: "1000"}}
  g: {image: i, command: x, volumes: ["vr:/r:ro"], x-mocker: {own_files: "1001"}}
  h: {image: i, command: x, volumes: ["vt:/t"], x-mocker: {own_files: "1000"}}
  i: {image: i, command: x, volumes: ["vt:/t"], x-mocker: {own_files: "1001"}}
volumes: {vv: {}, vw: {}, vr: {}, vt: {}}
`)
	var said []string
	for _, n := range p.Notices {
		if strings.Contains(n.Key, "own_files") && n.Fate == project.Degraded && n.Source.Line > 0 {
			said = append(said, n.Key+" "+n.Reason)
		}
	}
	want := []string{
		"services.a.x-mocker.own_files volume vv is shared with b, whose own_files is false: they see different owners in it; write the same for both",
		"services.h.x-mocker.own_files volume vt is shared with i, whose own_files is 1001: they see different owners in it; write the same for both",
	}
	if strings.Join(said, "\n") != strings.Join(want, "\n") {
		t.Errorf("said:\n%s\nwant:\n%s", strings.Join(said, "\n"), strings.Join(want, "\n"))
	}
}
