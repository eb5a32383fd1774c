package listing

import (
	"bufio"
	"fmt"
	"io"
	"strings"
)

// Confirm asks before all of what is removed, as docker does, also where nobody
// can answer: the end of the input is no.
func Confirm(in io.Reader, out io.Writer, what string) bool {
	fmt.Fprintf(out, "WARNING! This will remove %s.\nAre you sure you want to continue? [y/N] ", what)
	answer, _ := bufio.NewReader(in).ReadString('\n')
	return strings.EqualFold(strings.TrimSpace(answer), "y")
}
