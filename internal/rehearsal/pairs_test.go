package rehearsal_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/internal/plan"
	"github.com/mocker-compose/mocker-compose/project/diff"
	"github.com/mocker-compose/mocker-compose/project/loader"
	"github.com/mocker-compose/mocker-compose/supervisor/record"
)

// worth orders actions by what they cost.
var worth = map[plan.Action]int{keep: 0, update: 1, restart: 2, recreate: 3}

// same are keys that say the same thing as others.
var same = map[string]string{"env_file": "environment", "label_file": "labels", "deploy": "mem_limit", "dns_search": "dns", "dns_opt": "dns", "tmpfs": "volumes", "volumes_from": "volumes"}

// topKeys are the keys of a service that an attribute is about.
func topKeys(a attribute) (keys []string) {
	for _, line := range []string{a.was, a.is} {
		key, _, _ := strings.Cut(line, ":")
		if other := same[key]; other != "" {
			key = other
		}
		if key != "" {
			keys = append(keys, key)
		}
	}
	return keys
}

// several picks attributes of different keys.
func several(r *rand.Rand) (list []attribute) {
	taken := map[string]bool{"image": true, "": true} // the frame has an image
	for n := 2 + r.IntN(3); len(list) < n; {
		a := attributes[r.IntN(len(attributes))]
		keys := topKeys(a)
		if strings.Contains(a.is+a.was, "\n") || slices.ContainsFunc(keys, func(k string) bool { return taken[k] }) {
			continue
		}
		for _, k := range keys {
			taken[k] = true
		}
		list = append(list, a)
	}
	return list
}

// Attributes are changed together, a few at random: the plan names their keys, all of
// them and no others, and does what the dearest of them needs; after it there is nothing
// to do.
func TestAttributesTogether(t *testing.T) {
	dir := t.TempDir()
	for _, err := range []error{os.Mkdir(filepath.Join(dir, "src"), 0o700), os.WriteFile(filepath.Join(dir, "key"), []byte("s3cret"), 0o600)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	r := rand.New(rand.NewPCG(5, 6))
	tried := 0
	for range 80 {
		list := several(r)
		var was, is []string
		want := keep
		for _, a := range list {
			was, is = append(was, a.was), append(is, a.is)
			if worth[a.action] > worth[want] {
				want = a.action
			}
		}
		before, after := strings.Join(was, "\n    "), strings.Join(is, "\n    ")
		if !loads(t, dir, before) || !loads(t, dir, after) {
			continue // they contradict each other
		}
		tried++
		live := running(load(t, dir, before))
		now := load(t, dir, after)
		together(t, live, api.UpRequest{Project: *now}, list, want, after)
		live = running(now)
		if p := planOf(t, live, api.UpRequest{Project: *load(t, dir, after)}); !p.Empty() {
			t.Errorf("after it there is still\n%s\nof\n%s", p, after)
		}
	}
	if tried < 30 {
		t.Errorf("%d of 80 files were read: this proves little", tried)
	}
}

// loads reports that a service may have these lines.
func loads(t *testing.T, dir, lines string) bool {
	t.Helper()
	for name, data := range map[string]string{"compose.yaml": fmt.Sprintf(frame, lines), "one.env": "A=1\n", "two.env": "A=2\n", "three.env": "b=2\n"} {
		if os.WriteFile(filepath.Join(dir, name), []byte(data), 0o600) != nil {
			return false
		}
	}
	_, err := loader.Load(t.Context(), loader.Options{WorkingDir: dir, Environ: []string{"HOME=/", "PWD=" + dir}})
	return err == nil
}

// together checks the plan of attributes that change at once.
func together(t *testing.T, live *record.Live, b api.UpRequest, list []attribute, want plan.Action, lines string) {
	t.Helper()
	p := planOf(t, live, b)
	if again := planOf(t, live, b); again.String() != p.String() {
		t.Errorf("another plan of the same:\n%s\n%s", p, again)
	}
	for _, o := range p.Outcomes {
		if o.Service == "db" {
			if o.Action != keep {
				t.Errorf("%s: %s: %s", o.Name, o.Action, o.Cause)
			}
			continue
		}
		if o.Action != want {
			t.Errorf("%s, want %s, of\n%s", o.Action, want, lines)
		}
		for _, c := range o.Changes {
			if !slices.ContainsFunc(list, func(a attribute) bool { return a.key != "" && about(c.Key, a.key) }) {
				t.Errorf("it names %s, of\n%s", c, lines)
			}
		}
		for _, a := range list {
			if a.key != "" && !slices.ContainsFunc(o.Changes, func(c diff.Change) bool { return about(c.Key, a.key) }) {
				t.Errorf("it does not name %s, of\n%s: %v", a.key, lines, o.Changes)
			}
		}
	}
}

// about reports that a line of a plan is about a key, or what stands below it.
func about(line, key string) bool { return line == key || strings.HasPrefix(line, key+".") }
