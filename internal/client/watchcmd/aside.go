package watchcmd

import (
	"bufio"
	"errors"
	"os"
	"strings"

	"github.com/mocker-compose/mocker-compose/internal/client"
)

// longest line that is told in one piece.
const longest = 64 << 10

// aside does something whose output becomes lines: it has no terminal, and no input.
// quiet: it does not tell how far it is.
func (a *actions) aside(say func(string), quiet bool, do func(*client.Env) error) (err error) {
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer null.Close()
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	told := make(chan error, 1)
	go func() { told <- tell(r, say) }()
	e := &client.Env{Stdin: null, Stdout: w, Stderr: w, Getenv: a.env.Getenv, Dirs: a.env.Dirs, Global: a.env.Global, Doing: a.env.Doing}
	if e.Global.Progress = "plain"; quiet {
		e.Global.Progress = "quiet"
	}
	err = do(e)
	e.Settle()
	w.Close()
	return errors.Join(err, <-told)
}

func tell(r *os.File, say func(string)) error {
	defer r.Close()
	b := bufio.NewReaderSize(r, longest)
	for {
		line, err := b.ReadSlice('\n')
		if len(line) > 0 {
			say(strings.TrimRight(string(line), "\r\n"))
		}
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return nil // the end
		}
	}
}
