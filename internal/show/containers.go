package show

import (
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
	"unicode/utf8"

	"github.com/mocker-compose/mocker-compose/internal/api"
)

const (
	// commandWidth is what ps shows of a command, in characters.
	commandWidth = 20
	// shortID is what ps shows of an id, in hex digits.
	shortID = 12
)

// Containers prints the table of ps. With full nothing is cut.
func Containers(w io.Writer, cs []api.Container, now time.Time, full bool) error {
	rows := [][]string{{"NAME", "IMAGE", "COMMAND", "SERVICE", "CREATED", "STATUS", "PORTS"}}
	for i := range cs {
		c := &cs[i]
		rows = append(rows, []string{c.Name, image(c), command(c, full), c.Service,
			Human(now.Sub(c.Created)) + " ago", Status(c, now), Ports(c.Ports)})
	}
	return table(w, 10, rows)
}

// image is what a container's root file system is made of.
func image(c *api.Container) string {
	if c.Image == "" {
		return "(host)" // the host's own directories, read-only
	}
	return c.Image
}

// table aligns rows; the last cell of a row is not padded.
func table(w io.Writer, least int, rows [][]string) error {
	tw := tabwriter.NewWriter(w, least, 1, 3, ' ', 0)
	for _, row := range rows {
		if _, err := io.WriteString(tw, strings.Join(row, "\t")+"\n"); err != nil {
			return err
		}
	}
	return tw.Flush()
}

// command is the quoted command line of a container.
func command(c *api.Container, full bool) string {
	line := strings.Join(c.Command, " ")
	if !full {
		line = ellipsis(line, commandWidth)
	}
	return strconv.Quote(line)
}

// ellipsis cuts s to n characters, the last of them a sign that more follows.
func ellipsis(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s)[:n-1]) + "…"
}

// ID is a container's id as ps shows it.
func ID(c *api.Container, full bool) string {
	if full || len(c.ID) <= shortID {
		return c.ID
	}
	return c.ID[:shortID]
}
