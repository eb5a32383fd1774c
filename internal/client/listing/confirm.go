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
	return Ask(in, out, "WARNING! This will remove "+what+".\n")
}

// Ask asks whether to go on after a warning.
func Ask(in io.Reader, out io.Writer, warning string) bool {
	fmt.Fprint(out, warning+"Are you sure you want to continue? [y/N] ")
	answer, _ := bufio.NewReader(in).ReadString('\n')
	return strings.EqualFold(strings.TrimSpace(answer), "y")
}
