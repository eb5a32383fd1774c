package logs

import (
	"context"
	"io"
)

// Print prints the logs of sources: what is there when it is called, or with
// q.Follow what comes too, until q.Until or the end of ctx (then its error).
// Lines of the streams named stderr go to errOut, all others to out. It reads
// the files itself and needs no supervisor. It returns early only when an
// output cannot be written or a log not read.
func Print(ctx context.Context, out, errOut io.Writer, sources []Source, q Query, f Format) error {
	follower, err := NewFollower(out, errOut, f)
	if err != nil {
		return err
	}
	for _, s := range sources {
		follower.Add(s, q)
	}
	if !q.Follow || !q.Until.IsZero() {
		follower.whenEmpty()
	}
	return follower.Run(ctx)
}

// whenEmpty lets Run end when the last source has been printed to its end.
func (f *Follower) whenEmpty() {
	f.do(func() error { f.ending = true; return nil })
}
