package uplinks

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/netstack/uplink"
	"github.com/mocker-compose/mocker-compose/rootless"
	"github.com/mocker-compose/mocker-compose/rootless/sandbox"
)

// A helper is started again after a pause that doubles. One that carried something
// comes back before a client sends its SYN for the second time (after a second,
// RFC 6298); one that does not even start is not worth the processor's time.
const (
	firstPause = 20 * time.Millisecond
	maxPause   = 250 * time.Millisecond
	maxInVain  = 5 * time.Second
	lived      = 5 * time.Second // then its faults are forgiven
	// attachLimit bounds the start of a helper; on an idle machine it takes some
	// tens of milliseconds.
	attachLimit = 20 * time.Second
)

// watch keeps one helper running.
type watch struct {
	keeper  *Keeper
	helper  *uplink.Helper
	args    []string
	stopped chan struct{} // closed: no helper is wanted any more
	ended   chan struct{} // closed by run when none runs, or the holder is gone
}

// run watches child, nil = it has ended already, and its successors.
func (w *watch) run(child *rootless.Child) {
	defer close(w.ended)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		select {
		case <-w.stopped:
		case <-w.keeper.Holder.Gone():
		case <-ctx.Done():
		}
		cancel()
	}()
	pause := time.Duration(0)
	for {
		if child != nil {
			began := time.Now()
			if !w.await(child) {
				return
			}
			if pause = min(pause, maxPause); time.Since(began) > lived {
				pause = 0
			}
		}
		if !sleep(ctx, pause) || w.unwanted() {
			return
		}
		pause = max(2*pause, firstPause)
		var err error
		if child, err = w.start(ctx); err != nil {
			if ctx.Err() != nil {
				return
			}
			child, pause = nil, min(pause, maxInVain)
			w.keeper.tell(Died, w.helper.Name, err.Error())
		}
	}
}

// unwanted reports that no helper is to run any more, as soon as that is so.
func (w *watch) unwanted() bool {
	select {
	case <-w.stopped:
		return true
	default:
		return false
	}
}

// await waits for the end of a helper; false when no other is to follow.
func (w *watch) await(child *rootless.Child) bool {
	select {
	case info, told := <-child.Done:
		if !told {
			return false
		}
		w.keeper.release(child)
		w.keeper.tell(Died, w.helper.Name, w.why(info))
		return true
	case <-w.stopped:
		w.keeper.kill(child)
	case <-w.keeper.Holder.Gone():
	}
	return false
}

// start starts a helper and waits until it has the tap.
func (w *watch) start(ctx context.Context) (*rootless.Child, error) {
	ctx, cancel := context.WithTimeout(ctx, attachLimit)
	defer cancel()
	child, err := w.launch(ctx)
	if err != nil {
		return nil, fmt.Errorf("uplink %s: start the helper: %w", w.helper.Name, err)
	}
	over := make(chan struct{})
	settled := make(chan struct{})
	var info rootless.ChildInfo
	go func() {
		defer close(over)
		select {
		case info = <-child.Done:
		case <-settled:
		case <-ctx.Done():
		}
	}()
	attached, err := w.keeper.Net.Attached(over)
	close(settled)
	<-over
	switch {
	case attached && info.Ended.IsZero():
		w.keeper.tell(Started, w.helper.Name, "")
		return child, nil
	case !info.Ended.IsZero():
		w.keeper.release(child)
		return nil, fmt.Errorf("uplink %s: the helper ended at once: %s", w.helper.Name, w.why(info))
	}
	w.keeper.kill(child)
	if err == nil {
		err = errors.New("it has not attached to the tap")
		if ctx.Err() != nil {
			err = fmt.Errorf("%w: %w", err, context.Cause(ctx))
		}
	}
	return nil, fmt.Errorf("uplink %s: %w", w.helper.Name, err)
}

func (w *watch) launch(ctx context.Context) (*rootless.Child, error) {
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	defer null.Close()
	says, err := os.OpenFile(w.keeper.Log, os.O_WRONLY|os.O_CREATE|os.O_TRUNC|unix.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, err
	}
	defer says.Close()
	var own *os.File
	args := w.args
	if w.helper.Program == "" {
		if own, err = os.Open("/proc/self/exe"); err != nil {
			return nil, err
		}
		defer own.Close()
		args = append([]string{"mocker-compose", rootless.RoleArg, uplink.GvisorRole}, args[1:]...)
	}
	p := sandbox.Server(w.helper.Program, args, w.keeper.Router, own)
	return w.keeper.Holder.Start(ctx, w.keeper.nextName(w.helper.Name), p, [3]*os.File{null, null, says})
}

// why is how a helper ended, with the last that it said.
func (w *watch) why(info rootless.ChildInfo) string {
	ws := unix.WaitStatus(info.Status)
	why := fmt.Sprintf("exit %d", ws.ExitStatus())
	if ws.Signaled() {
		why = "killed by " + unix.SignalName(ws.Signal())
	}
	if said := lastLine(w.keeper.Log); said != "" {
		why += ": " + said
	}
	return why
}

// mostSaid bounds what is read of the end of a helper's log.
const mostSaid = 4 << 10

// lastLine is the last line of a log.
func lastLine(path string) string {
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	if st, err := f.Stat(); err == nil && st.Size() > mostSaid {
		if _, err := f.Seek(-mostSaid, io.SeekEnd); err != nil {
			return ""
		}
	}
	b, err := io.ReadAll(io.LimitReader(f, mostSaid))
	if err != nil {
		return ""
	}
	return uplink.LastLine(string(b))
}

func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}
