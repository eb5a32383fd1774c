//go:build !gvisor

package gvisor

import (
	"fmt"
	"os"
)

// Built tells whether this binary has the helper.
const Built = false

// Run says that there is nothing to run.
func Run([]string) int {
	fmt.Fprintln(os.Stderr, "gvisor: this binary was built without it")
	return 1
}
