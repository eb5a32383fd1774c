package door

import (
	"os"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/internal/outbox"
)

// Request is one request being carried out.
type Request struct {
	api.Request
	Files []*os.File         // that came with it; closed when it ends
	More  <-chan api.Request // what the client says later
	Send  func(v any, files ...*os.File) error
	out   *outbox.Box // progress
}

// Begin makes the request ready to report progress. Close is called in the end.
func (r *Request) Begin() { r.out = outbox.New(r.Send) }

// Close closes the files that are left, and flushes.
func (r *Request) Close() {
	r.Flush()
	r.CloseFiles()
}

// CloseFiles closes the files that came with the request: somebody else has them
// now, or nobody needs them.
func (r *Request) CloseFiles() {
	CloseFiles(r.Files)
	r.Files = nil
}

// Flush returns when all progress has been sent.
func (r *Request) Flush() { r.out.Flush() }

// Progress sends one line of progress. A client that has gone is noticed
// elsewhere.
func (r *Request) Progress(kind, name, status string) {
	r.out.Put(api.Answer{Progress: &api.Progress{Kind: kind, Name: name, Status: status}})
}

// About is Progress with what, beside its object, a step is about.
func (r *Request) About(kind, name, status, what string) {
	r.out.Put(api.Answer{Progress: &api.Progress{Kind: kind, Name: name, Status: status, Text: what}})
}

// Turn tells where the request stands.
func (r *Request) Turn(t api.Turn) { r.out.Put(api.Answer{Turn: t}) }

// Container sends a line of progress about a container.
func (r *Request) Container(name, status string) { r.Progress("Container", name, status) }

// Warn sends a line that is no failure.
func (r *Request) Warn(kind, name, text string) {
	r.out.Put(api.Answer{Progress: &api.Progress{Kind: kind, Name: name, Status: "Warning", Text: text}})
}

// CloseFiles closes files; one that is nil is left out.
func CloseFiles(files []*os.File) {
	for _, f := range files {
		f.Close()
	}
}
