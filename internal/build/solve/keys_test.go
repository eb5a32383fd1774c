package solve

import (
	"strings"
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/build"
)

// Keys are on disk, and in images: what changes them makes everybody build
// everything again. Whoever does that on purpose raises keyFormat.
func TestKeysAreStable(t *testing.T) {
	one := 1
	epoch := timeAt(1)
	st := stage("x")
	for want, b := range map[string]struct {
		step  build.Step
		below []string
		src   []string
		req   Request

		single bool
	}{
		"run": {step: build.Step{Run: &build.Run{
			Args: []string{"/bin/sh", "-c", "a"}, Env: []string{"A=1"}, Proxy: []string{"no"}, Dir: "/", User: "u", Files: []build.File{{Name: "EOF", Data: "x"}},
			Mounts: []build.Mount{{Type: "bind", Target: "/t", From: &build.Source{Stage: &one}, Source: "/s", ReadOnly: true}, {Type: "secret", ID: "s", Env: "E"}},
		}}, below: []string{"aa", "bb"}, src: []string{"layers:cc", ""}, req: Request{Machine: build.Machine{Hosts: []string{"b=2", "a=1"}, ShmSize: 1}}},
		"copy":    {step: copyFrom(3, "/x/", "/a", "/b"), below: []string{"aa"}, src: []string{"layers:cc"}},
		"link":    {step: build.Step{Copy: &build.Copy{Dest: "/", Link: true, Chown: "1:2"}}, below: []string{"aa"}},
		"workdir": {step: build.Step{MakeDir: &build.MakeDir{Path: "/w"}}, req: Request{Epoch: &epoch}, single: true},
	} {
		s := &solver{Request: &b.req, singleID: b.single}
		got := s.keyOf(&st, &b.step, b.below, b.src)
		if got != golden[want] {
			t.Errorf("%s: %s, was %s", want, got, golden[want])
		}
	}
}

var golden = map[string]string{
	"run":     "55826be3748e2bc34315e8e7632945f25db74ac32ef4394dd9efc34ae56f8f93",
	"copy":    "91b01047bf58c6178108713fa04154f7e31b056680a1db3e9c3d77e8aea0d9a0",
	"link":    "709a1f86ab44278b30e1838e257d81b65827d8b518ebb3499086fdc71ba7955d",
	"workdir": "09e245e4edce112c49334bcba8b508cfda7164fac1cb7069a6841d971dcd39e9",
}

// Every word that steps differ by is part of the key.
func TestKeysDiffer(t *testing.T) {
	seen := map[string]string{}
	var s solver
	s.Request = &Request{}
	st := stage("x")
	add := func(what string, step build.Step, below ...string) {
		key := s.keyOf(&st, &step, below, nil)
		if other := seen[key]; other != "" {
			t.Errorf("%s has the key of %s", what, other)
		}
		seen[key] = what
	}
	add("run", run("a", "b"))
	add("run of one word", run("a b"))
	add("run above", run("a", "b"), "x")
	add("run above two", run("a", "b"), "x", "y")
	add("copy", copyStep("/b", "a"))
	add("copy two", copyStep("/b", "a", ""))
	s.singleID = true
	add("run with one id", run("a", "b"))
	s.singleID = false
	s.Machine.Privileged = true
	add("privileged run", run("a", "b"))
	if len(seen) != 8 || strings.Contains(seen[""], "run") {
		t.Error(seen)
	}
}
