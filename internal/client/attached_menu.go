package client

import (
	"context"
	"fmt"
	"io"
	"strconv"

	"github.com/mocker-compose/mocker-compose/internal/client/menu"
	"github.com/mocker-compose/mocker-compose/internal/client/tty"
	display "github.com/mocker-compose/mocker-compose/internal/progress"
)

// wantsMenu: keys are shown on a terminal that is drawn on, unless the user does not
// want them: --menu, else COMPOSE_MENU, else yes.
func (a *attached) wantsMenu() bool {
	e := a.env
	if !tty.Is(e.Stdin) || !tty.Is(e.Stdout) || e.Display().Mode() != display.TTY {
		return false
	}
	if a.o.menuGiven != nil && a.o.menuGiven() {
		return a.o.menu
	}
	if v := e.Getenv("COMPOSE_MENU"); v != "" {
		on, err := strconv.ParseBool(v)
		return err == nil && on
	}
	return true
}

// openMenu opens the menu, if there is to be one. What it returns is where log lines go.
func (a *attached) openMenu() (out, errOut io.Writer) {
	e := a.env
	if !a.wantsMenu() {
		return e.Stdout, e.Stderr
	}
	bar, err := menu.Open(e.Stdin, e.Stdout, e.Getenv("NO_COLOR") == "" || e.ansi() == "always")
	if err != nil {
		e.Warn("no menu: " + err.Error())
		return e.Stdout, e.Stderr
	}
	a.bar, a.keys = bar, bar.Keys()
	a.showMenu()
	if !tty.Is(e.Stderr) {
		return bar, e.Stderr
	}
	e.Display().To(bar)
	return bar, bar
}

// closeMenu gives the terminal back. Writers may go on to use the bar.
func (a *attached) closeMenu() {
	if a.bar != nil {
		a.bar.Close()
		a.keys = nil
	}
}

// showMenu says what the keys do now.
func (a *attached) showMenu() {
	if a.bar == nil {
		return
	}
	items := []menu.Item{{Key: 'd', Text: "Detach"}, {Key: 's', Text: "Status"}}
	switch {
	case a.watcher.Running():
		items = append([]menu.Item{{Key: 'w', Text: "Disable Watch"}}, items...)
	case a.watcher != nil:
		items = append([]menu.Item{{Key: 'w', Text: "Enable Watch"}}, items...)
	}
	a.bar.Set(items...)
}

// tell prints a line to standard error, above the menu if there is one.
func (a *attached) tell(line string) {
	if a.bar != nil && tty.Is(a.env.Stderr) {
		fmt.Fprintln(a.bar, line)
		return
	}
	fmt.Fprintln(a.env.Stderr, line)
}

// key answers to a key of the menu.
func (a *attached) key(ctx context.Context, key byte) {
	switch key {
	case 'd':
		if a.stopping {
			return
		}
		a.leaving = true
		if a.upRunning {
			a.tell("Detaching when the services are started")
		}
	case 'w':
		switch {
		case a.watcher == nil:
			a.tell("Watch: " + ErrUnwatched.Error())
		case a.watcher.Running():
			a.watcher.Cancel()
			a.out.Say(a.watchPrefix() + "Watch disabled")
			a.showMenu()
		case a.upRunning || a.stopping:
			a.o.Watch = a.upRunning && !a.stopping // when all is up
		default:
			a.startWatch(ctx)
		}
	case 's':
		go a.status(ctx)
	case '\n', '\r':
		a.out.Say("")
	}
}

// status says how the containers are.
func (a *attached) status(ctx context.Context) {
	cs, err := a.env.ask(ctx, a.target.Name, false)
	if err != nil {
		return // who asks for the containers of a project that ends sees its end
	}
	for i := range cs {
		c := &cs[i]
		line := a.label(c.Name) + ": " + c.State
		if c.Health != "" {
			line += " (" + c.Health + ")"
		}
		if c.State == "exited" {
			line += " (" + strconv.Itoa(c.ExitCode) + ")"
		}
		a.out.Say(line)
	}
}
