package main

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
)

// helpers are what this program does when a measurement starts it again.
var helpers = map[string]func(args []string) error{
	"crun-row":   crunRowHelper,
	"write":      writeHelper,
	"net-serve":  serveHelper,
	"net-agent":  agentHelper,
	"net-inside": insideHelper,
	"net-bare":   bareHelper,
	"net-make":   makeHelper,
}

// writeHelper writes that many bytes of 100-byte lines to its standard output,
// in blocks of 64 KiB or one line at a time.
func writeHelper(args []string) error {
	total, err := strconv.ParseInt(args[1], 10, 64)
	if err != nil {
		return err
	}
	line := append(bytes.Repeat([]byte{'x'}, 99), '\n')
	block := line
	switch args[0] {
	case "blocks":
		block = bytes.Repeat(line, 64<<10/len(line))
	case "lines":
	default:
		return fmt.Errorf("write %s: say blocks or lines", args[0])
	}
	for left := total; left > 0; left -= int64(len(block)) {
		if _, err := os.Stdout.Write(block); err != nil {
			return err
		}
	}
	return nil
}
