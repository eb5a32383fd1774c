package solve

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"

	"github.com/mocker-compose/mocker-compose/internal/build"
)

// keyFormat changes whenever what a worker makes of a step changes: what was
// cached before is then made anew.
const keyFormat = 1

// keyed is all that the layer of a step depends on.
type keyed struct {
	Format   int
	Below    []string       `json:",omitempty"` // keys of the layers, base first
	SingleID bool           `json:",omitempty"`
	Epoch    int64          `json:",omitempty"`
	Sources  []string       `json:",omitempty"` // what the copy, or each mount that has one, takes: see source.id
	Platform string         `json:",omitempty"` // RUN only: for what its programs take themselves
	Machine  *build.Machine `json:",omitempty"` // RUN only
	Run      *build.Run     `json:",omitempty"`
	Copy     *build.Copy    `json:",omitempty"`
	MakeDir  *build.MakeDir `json:",omitempty"`
}

// hash gives the key: it names a file of the store.
func (k *keyed) hash() string {
	k.Format = keyFormat
	b, err := json.Marshal(k)
	if err != nil {
		panic(err) // strings, numbers and lists of them
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// keyOf leaves out what stands for something else (the sources: a stage's number
// says nothing), and what must not count: proxies, and which of a step's words
// only name it.
func (b *solver) keyOf(st *build.Stage, step *build.Step, below []string, sources []string) string {
	k := keyed{Below: below, SingleID: b.singleID, Sources: sources, MakeDir: step.MakeDir}
	if b.Epoch != nil {
		k.Epoch = b.Epoch.Unix()
	}
	switch {
	case step.Run != nil:
		run := *step.Run
		run.Proxy = nil
		run.Mounts = slices.Clone(run.Mounts)
		for i := range run.Mounts {
			run.Mounts[i].From = nil
		}
		k.Run = &run
		k.Platform = st.Image.OS + "/" + st.Image.Architecture
		machine := b.Machine
		if run.Network != "" {
			machine.Network = ""
		}
		machine.Hosts = slices.Sorted(slices.Values(machine.Hosts))
		k.Machine = &machine
	case step.Copy != nil:
		c := *step.Copy
		c.From = build.Source{}
		k.Copy = &c
		if alone(&c) {
			k.Below = nil
		}
	}
	return k.hash()
}

// alone tells that nothing of the layers below matters: a link whose owner needs
// no look into them.
func alone(c *build.Copy) bool {
	for _, r := range c.Chown {
		if r != ':' && (r < '0' || r > '9') {
			return false
		}
	}
	return c.Link
}
