package turns

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
)

// entered starts a request and gives its result when it has its turn.
func entered(q *Queue, ctx context.Context, services []string, yields bool) <-chan error {
	out := make(chan error, 1)
	go func() {
		_, _, err := q.Enter(ctx, services, yields, nil)
		out <- err
	}()
	synctest.Wait()
	return out
}

func waits(t *testing.T, c <-chan error) {
	t.Helper()
	synctest.Wait()
	select {
	case err := <-c:
		t.Fatalf("it got its turn (%v) too early", err)
	default:
	}
}

func TestOneAtATimeInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := New()
		_, first, err := q.Enter(t.Context(), nil, false, nil)
		if err != nil {
			t.Fatal(err)
		}
		second := entered(q, t.Context(), nil, false)
		third := entered(q, t.Context(), nil, false)
		waits(t, second)
		q.Leave(first)
		q.Leave(first) // harmless
		if err := <-second; err != nil {
			t.Fatal(err)
		}
		waits(t, third)
		if q.Empty() {
			t.Error("it says that it is empty")
		}
		q.Leave(q.tickets[0])
		if err := <-third; err != nil {
			t.Fatal(err)
		}
	})
}

func TestAStopCancelsOnlyWhatItContradicts(t *testing.T) {
	cases := []struct {
		name     string
		services []string
		yields   bool
		stopped  []string
		want     bool // cancelled
	}{
		{"all by all", nil, true, nil, true},
		{"one by all", []string{"a"}, true, nil, true},
		{"all by one", nil, true, []string{"a"}, true},
		{"the same", []string{"a", "b"}, true, []string{"b"}, true},
		{"another", []string{"a"}, true, []string{"b"}, false},
		{"a stop by a stop", nil, false, nil, false},
	}
	for _, c := range cases {
		synctest.Test(t, func(t *testing.T) {
			q := New()
			ctx, ticket, err := q.Enter(t.Context(), c.services, c.yields, nil)
			if err != nil {
				t.Fatal(err)
			}
			waiting := entered(q, t.Context(), c.services, c.yields)
			q.Supersede(c.stopped)
			if got := errors.Is(context.Cause(ctx), ErrSuperseded); got != c.want {
				t.Errorf("%s: the one in turn is cancelled: %t", c.name, got)
			}
			if c.want {
				if err := <-waiting; !errors.Is(err, ErrSuperseded) {
					t.Errorf("%s: the one that waits got %v", c.name, err)
				}
			} else {
				waits(t, waiting)
			}
			q.Leave(ticket)
		})
	}
}

func TestWhoGoesAwayIsPassedOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := New()
		_, first, _ := q.Enter(t.Context(), nil, false, nil)
		ctx, cancel := context.WithCancel(t.Context())
		second := entered(q, ctx, nil, false)
		third := entered(q, t.Context(), nil, false)
		cancel()
		if err := <-second; !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		q.Leave(first)
		if err := <-third; err != nil {
			t.Error(err)
		}
	})
}

func TestCloseOnlyWhenNobodyWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := New()
		_, first, _ := q.Enter(t.Context(), nil, false, nil)
		second := entered(q, t.Context(), nil, true)
		if q.CloseIfLast(first) || q.Closed() {
			t.Error("closed though somebody waits to start something")
		}
		q.Leave(first)
		if err := <-second; err != nil {
			t.Fatal(err)
		}
		last := q.tickets[0]
		idle := entered(q, t.Context(), nil, false)
		if !q.CloseIfLast(last) || !q.Closed() {
			t.Error("not closed though nobody waits to start anything")
		}
		if err := <-idle; !errors.Is(err, ErrClosed) {
			t.Errorf("who waits to remove something got %v", err)
		}
		if _, _, err := q.Enter(t.Context(), nil, false, nil); !errors.Is(err, ErrClosed) {
			t.Errorf("got %v", err)
		}
		q.Reopen()
		q.Leave(last)
		if _, _, err := q.Enter(t.Context(), nil, false, nil); err != nil {
			t.Error(err)
		}
	})
}
