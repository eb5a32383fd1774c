// Package logquery reads the flags of logs that choose lines.
package logquery

import (
	"fmt"
	"strconv"
	"time"

	"github.com/spf13/pflag"

	"github.com/mocker-compose/mocker-compose/internal/logs"
	"github.com/mocker-compose/mocker-compose/internal/logs/match"
)

// lastRestart is the value of --since that means each container's last start.
const lastRestart = "last-restart"

// Options are the flags.
type Options struct {
	Tail, Since, Until, Level string
	Grep                      []string
	Invert                    bool
}

// Register defines the flags in fs.
func (o *Options) Register(fs *pflag.FlagSet) {
	fs.StringVarP(&o.Tail, "tail", "n", "all", "only the last `N` lines of each container")
	fs.StringVar(&o.Since, "since", "", "only lines after `TIME`: 2026-01-02T13:23:37Z, 42m for 42 minutes ago, or last-restart: since each container's last start")
	fs.StringVar(&o.Until, "until", "", "only lines before `TIME`")
	fs.StringArrayVar(&o.Grep, "grep", nil, "only lines that `REGEXP` matches; repeat for lines that match one of several")
	fs.BoolVar(&o.Invert, "invert", false, "with --grep: only lines that none of them matches")
	fs.StringVar(&o.Level, "level", "", "only lines of `LEVEL` and more severe: trace, debug, info, notice, warn, error or fatal; or a span: info..warn")
}

// SinceLastRestart reports that --since is each container's last start.
func (o *Options) SinceLastRestart() bool { return o.Since == lastRestart }

// Query is what is asked for, at a time.
func (o *Options) Query(now time.Time) (q logs.Query, err error) {
	q = logs.Query{Tail: -1}
	if o.Tail != "all" && o.Tail != "" {
		// As in docker, a negative number means all.
		if q.Tail, err = strconv.Atoi(o.Tail); err != nil {
			return q, fmt.Errorf("invalid --tail %q: use a number of lines, or all", o.Tail)
		}
		q.Tail = max(q.Tail, -1)
	}
	if q.Filter, err = match.New(o.Grep, o.Invert, o.Level); err != nil {
		return q, err
	}
	if o.Since != "" && !o.SinceLastRestart() {
		if q.Since, err = logs.ParseTime(o.Since, now); err != nil {
			return q, fmt.Errorf("--since: %w", err)
		}
	}
	if o.Until != "" {
		if q.Until, err = logs.ParseTime(o.Until, now); err != nil {
			return q, fmt.Errorf("--until: %w", err)
		}
	}
	return q, nil
}
