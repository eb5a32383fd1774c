package journal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/logs"
)

const (
	// lastWords bounds how long the removal of a container waits for its lines, and
	// Close for those of all.
	lastWords = 2 * time.Second
	// retryLeast and retryMost are how long a journal that does not answer is left alone:
	// there is no event for a socket whose directory does not exist.
	retryLeast = 500 * time.Millisecond
	retryMost  = 30 * time.Second
)

// Forwarder sends the lines of a project's containers. One goroutine, [Forwarder.run],
// sends; the rest may be called from any.
type Forwarder struct {
	report func(string)
	ctx    context.Context
	stop   context.CancelFunc
	done   chan struct{}
	tried  chan struct{} // closed when the journal has answered, or not, for the first time
	first  sync.Once     // closes it

	mu         sync.Mutex
	containers map[string]*member // by log directory
	follower   *logs.Follower     // of this connection, nil without one
	wake       chan struct{}

	// Only run uses what follows.
	conn *net.UnixConn
	buf  []byte
	told bool // that the journal does not answer
}

// member is a container whose lines are sent.
type member struct {
	fields []byte
	sent   map[string]sent // by stream; only the sending goroutine uses it
}

// New makes a forwarder; report is told, in one line each, what people should know.
func New(report func(string)) *Forwarder {
	ctx, stop := context.WithCancel(context.Background())
	f := &Forwarder{report: report, ctx: ctx, stop: stop, done: make(chan struct{}), tried: make(chan struct{}), containers: map[string]*member{}, wake: make(chan struct{}, 1)}
	go f.run()
	return f
}

// Add begins to send what is and comes in a log directory, after what has been sent.
// For one that is sent already it changes the fields.
func (f *Forwarder) Add(dir string, c *Container) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if m := f.containers[dir]; m != nil {
		f.containers[dir] = &member{fields: c.fields(), sent: m.sent}
		return
	}
	f.containers[dir] = &member{fields: c.fields(), sent: map[string]sent{}}
	if f.follower != nil {
		f.begin(f.follower, dir)
	}
	select {
	case f.wake <- struct{}{}:
	default:
	}
}

// begin follows one directory.
func (f *Forwarder) begin(follower *logs.Follower, dir string) {
	at, err := positions(dir)
	if err != nil {
		f.report(fmt.Sprintf("journal: how far %s was sent cannot be read, it is sent from its beginning: %v", dir, err))
	}
	follower.Add(logs.Source{Dir: dir, Resume: at}, logs.Query{Follow: true, Tail: -1})
}

// Finish sends the rest of a directory that nobody writes to any more, and forgets it.
// While the journal does not answer, the rest is not sent, which is told.
func (f *Forwarder) Finish(dir string) {
	f.mu.Lock()
	m := f.containers[dir]
	f.mu.Unlock()
	if m == nil {
		return
	}
	if !f.finish(dir) {
		f.report("journal: not all lines of " + dir + " were sent before the container was removed")
	}
	f.mu.Lock()
	delete(f.containers, dir)
	f.mu.Unlock()
}

// finish has directories sent to their present ends, and tells whether they are.
func (f *Forwarder) finish(dirs ...string) bool {
	limit := time.NewTimer(lastWords)
	defer limit.Stop()
	select {
	case <-f.tried: // what was added a moment ago is not sent yet
	case <-limit.C:
		return false
	}
	f.mu.Lock()
	follower := f.follower
	f.mu.Unlock()
	if follower == nil {
		return false
	}
	var ends []<-chan struct{}
	for _, dir := range dirs {
		ends = append(ends, follower.Finish(dir))
	}
	for _, end := range ends {
		select {
		case <-end:
		case <-limit.C:
			return false
		}
	}
	return true
}

// Forget ends the sending of a directory at once. What is not sent yet stays so.
func (f *Forwarder) Forget(dir string) {
	f.mu.Lock()
	delete(f.containers, dir)
	follower := f.follower
	f.mu.Unlock()
	if follower != nil {
		follower.Remove(dir)
	}
}

// Close sends what is there and ends the sending; a next forwarder goes on where this one
// was. A project whose containers have all ended may be without one for long.
func (f *Forwarder) Close() {
	f.mu.Lock()
	dirs := slices.Collect(maps.Keys(f.containers))
	f.mu.Unlock()
	if len(dirs) > 0 {
		f.finish(dirs...) // or the next one sends it
	}
	f.stop()
	<-f.done
}

// run connects, again and again, until Close.
func (f *Forwarder) run() {
	defer close(f.done)
	pause := retryLeast
	for f.ctx.Err() == nil {
		f.mu.Lock()
		idle := len(f.containers) == 0
		f.mu.Unlock()
		if idle {
			select {
			case <-f.wake:
			case <-f.ctx.Done():
			}
			continue
		}
		began := time.Now()
		err := f.connected()
		if f.ctx.Err() != nil {
			return
		}
		if time.Since(began) > retryMost {
			pause = retryLeast
		}
		if !f.told {
			f.told = true
			f.report(fmt.Sprintf("%v; lines stay in the files, and are sent when it answers", err))
		}
		select {
		case <-time.After(pause):
		case <-f.ctx.Done():
		}
		pause = min(2*pause, retryMost)
	}
}

// connected sends over one connection until it breaks.
func (f *Forwarder) connected() (err error) {
	defer f.first.Do(func() { close(f.tried) })
	if f.conn, err = dial(); err != nil {
		return err
	}
	defer f.conn.Close()
	defer context.AfterFunc(f.ctx, func() { f.conn.Close() })()
	follower, err := logs.NewFollower(io.Discard, skipped{f.report}, logs.Format{Each: f.send})
	if err != nil {
		return err
	}
	f.mu.Lock()
	f.follower = follower
	for dir := range f.containers {
		f.begin(follower, dir)
	}
	f.mu.Unlock()
	f.first.Do(func() { close(f.tried) })
	defer func() {
		f.mu.Lock()
		f.follower = nil
		f.mu.Unlock()
	}()
	return follower.Run(f.ctx)
}

// skipped passes on what a follower says besides lines.
type skipped struct{ report func(string) }

// Write takes what is said.
func (s skipped) Write(b []byte) (int, error) {
	s.report("journal: " + string(b[:max(len(b)-1, 0)]))
	return len(b), nil
}

var errEnding = errors.New("the forwarder ends")

// send sends one line and notes it. An error ends the connection.
func (f *Forwarder) send(l *logs.Line) error {
	if f.ctx.Err() != nil {
		return errEnding // half of a line is not sent because we go
	}
	f.mu.Lock()
	m := f.containers[l.Source.Dir]
	f.mu.Unlock()
	if m == nil {
		return nil
	}
	f.buf = appendEntry(f.buf[:0], m.fields, l)
	if err := send(f.conn, f.buf); err != nil {
		return silent(err)
	}
	if f.told {
		f.told = false
		f.report("journal: it answers again, lines are sent")
	}
	return m.note(l)
}

// note keeps how far the stream was sent. A directory that is gone needs it no more.
func (m *member) note(l *logs.Line) (err error) {
	s, ok := m.sent[l.Stream]
	if !ok {
		if s, err = openSent(l.Source.Dir, l.Stream); err != nil {
			return nil // removed, or full: then it is sent twice after a kill
		}
		m.sent[l.Stream] = s
	}
	return s.set(l.Position)
}
