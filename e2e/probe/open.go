package main

import (
	"fmt"
	"net"
	"strconv"
	"strings"
)

// open listens on ranges of TCP ports, on all addresses, and accepts nobody.
func open(ranges []string) error {
	for _, r := range ranges {
		from, to, _ := strings.Cut(r, "-")
		first, err := strconv.Atoi(from)
		if err != nil {
			return err
		}
		last, err := strconv.Atoi(to)
		if err != nil {
			return err
		}
		for port := first; port <= last; port++ {
			if _, err := net.Listen("tcp", fmt.Sprintf(":%d", port)); err != nil {
				return err
			}
		}
	}
	fmt.Println("open")
	return pause(nil)
}
