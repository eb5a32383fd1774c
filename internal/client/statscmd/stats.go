package statscmd

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"
	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/internal/client"
)

// interval is the time between two looks.
const interval = time.Second

// Options are the flags of stats.
type Options struct {
	All, NoStream, NoTrunc bool
	Format                 string
	Pressure               Choice
}

// Register defines the flags in fs.
func (o *Options) Register(fs *pflag.FlagSet) {
	fs.BoolVarP(&o.All, "all", "a", false, "show containers that do not run, too")
	fs.StringVar(&o.Format, "format", "", "table, \"table `TEMPLATE`\", json, or a Go template")
	fs.BoolVar(&o.NoStream, "no-stream", false, "print once, after a second, and end")
	fs.BoolVar(&o.NoTrunc, "no-trunc", false, "print ids whole")
	fs.Var(&o.Pressure, "pressure", "show columns for the time spent waiting (PSI); where the kernel has it, a terminal has them anyway")
	fs.Lookup("pressure").NoOptDefVal = "true"
}

// view is one run of the command.
type view struct {
	env      *client.Env
	target   client.Target
	o        *Options
	services []string
	printer  printer
	rates    rates
	rows     []row // the latest
	noted    bool
	note     string
}

// Stats shows what containers use, until ctx ends, or once.
func Stats(ctx context.Context, e *client.Env, t client.Target, o *Options, services []string) error {
	v := &view{env: e, target: t, o: o, services: services, printer: printer{format: o.Format, whole: o.NoTrunc, pressure: o.Pressure == yes}}
	v.rates.processors = processors()
	if _, err := v.printer.text([]row{{}}); err != nil {
		return err // of the template, before anything is asked
	}
	err := e.CheckServices(ctx, t, services)
	if err == nil {
		err = v.show(ctx)
	}
	if errors.Is(err, context.Canceled) {
		return &client.ExitError{Code: client.Interrupted}
	}
	return err
}

func (v *view) show(ctx context.Context) error {
	switch live := !v.o.NoStream && v.onTerminal(); {
	case live:
		return v.live(ctx)
	case v.o.NoStream:
		return v.once(ctx)
	}
	return v.blocks(ctx)
}

// look asks, and makes the rows of what is to be shown.
func (v *view) look(ctx context.Context) error {
	list, err := v.env.Usage(ctx, v.target)
	if err != nil {
		return err
	}
	v.rows = v.rates.next(slices.DeleteFunc(list, func(u api.Usage) bool { return !v.wanted(&u) }), monotonic())
	v.note = note(v.rows)
	return nil
}

// note says what was summed up. Bytes of block devices alone are no reason: many
// machines delegate no controller for them.
func note(rows []row) string {
	var summed []string
	for i := range rows {
		for _, what := range rows[i].Summed {
			if !slices.Contains(summed, what) {
				summed = append(summed, what)
			}
		}
	}
	if len(summed) == 0 || slices.Equal(summed, []string{"io"}) {
		return ""
	}
	return "no cgroup counts " + strings.Join(summed, ", ") + " here: sums over the processes are shown; `mocker-compose doctor` tells what changes that"
}

func (v *view) wanted(u *api.Usage) bool {
	chosen := len(v.services) == 0 || slices.Contains(v.services, u.Service) || u.OneOff && slices.Contains(v.services, u.Name)
	return chosen && (v.o.All || u.State == "running" || u.State == "paused" || u.State == "restarting")
}

// once prints after two looks: the first alone has no rates.
func (v *view) once(ctx context.Context) error {
	if err := v.look(ctx); err != nil {
		return err
	}
	if slices.ContainsFunc(v.rows, func(r row) bool { return r.runs() }) {
		if err := sleep(ctx, interval); err != nil {
			return err
		}
		if err := v.look(ctx); err != nil {
			return err
		}
	}
	if len(v.rows) == 0 {
		return nil // as docker does
	}
	return v.print()
}

// blocks prints one table, or as many lines, after the other: for who reads them.
func (v *view) blocks(ctx context.Context) error {
	if err := v.look(ctx); err != nil {
		return err
	}
	for tick := newTicker(interval); ; {
		if err := tick.wait(ctx); err != nil {
			return err
		}
		if err := v.look(ctx); err != nil {
			return err
		}
		if err := v.print(); err != nil {
			return err
		}
	}
}

func (v *view) print() error {
	if v.note != "" && !v.noted {
		v.noted = true
		v.env.Warn(v.note)
	}
	text, err := v.printer.text(v.rows)
	if err == nil {
		_, err = v.env.Stdout.WriteString(text)
	}
	return err
}

// onTerminal reports that a text can be drawn over the last one. Lines of JSON are
// not for eyes, and must not be cut.
func (v *view) onTerminal() bool {
	if v.o.Format == "json" {
		return false
	}
	ansi := v.env.Global.Ansi
	if ansi == "" || ansi == "auto" {
		ansi = strings.ToLower(v.env.Getenv("COMPOSE_ANSI"))
	}
	if ansi == "never" || v.env.Getenv("TERM") == "dumb" {
		return false
	}
	height, _ := size(v.env.Stdout)
	return height >= 0
}

// processors are those of the machine; 0 if that is not known.
func processors() (n int) {
	b, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(b)) {
		if rest, ok := strings.CutPrefix(line, "cpu"); ok && rest[0] >= '0' && rest[0] <= '9' {
			n++
		}
	}
	return n
}

// monotonic is the clock of api.Usage.
func monotonic() time.Duration {
	var t unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &t) // fails only for a bad address
	return time.Duration(t.Nano())
}
