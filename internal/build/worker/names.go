package worker

import (
	"unicode/utf8"

	"github.com/mocker-compose/mocker-compose/internal/build"
)

// OddNames are the names of entries that are not UTF-8, by the entry's index: path,
// destination and name. A file may be called so, JSON would replace what it cannot say
// (RFC 8259, section 8.1), and a []byte goes through it as base64.
type OddNames map[int][3][]byte

// oddNames finds those of a job.
func oddNames(job *build.CopyJob) (odd OddNames) {
	for i := range job.Entries {
		e := &job.Entries[i]
		if utf8.ValidString(e.Path) && utf8.ValidString(e.To) && utf8.ValidString(e.Name) {
			continue
		}
		if odd == nil {
			odd = OddNames{}
		}
		odd[i] = [3][]byte{[]byte(e.Path), []byte(e.To), []byte(e.Name)}
	}
	return odd
}

// Restore gives the entries of a job that has come their names again.
func (o OddNames) Restore(job *build.CopyJob) {
	for i, n := range o {
		if i < 0 || i >= len(job.Entries) {
			continue
		}
		e := &job.Entries[i]
		e.Path, e.To, e.Name = string(n[0]), string(n[1]), string(n[2])
	}
}
