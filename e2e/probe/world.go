package main

import (
	"context"
	"fmt"
	"net/netip"

	"github.com/mocker-compose/mocker-compose/internal/worldtest"
)

// world plays a party of the outside inside a container.
func world(args []string) error {
	var addrs []netip.Addr
	for _, a := range args[1:] {
		addr, err := netip.ParseAddr(a)
		if err != nil {
			return err
		}
		addrs = append(addrs, addr)
	}
	if _, err := worldtest.Serve(context.Background(), args[0], addrs...); err != nil {
		return err
	}
	fmt.Println("serving as", args[0])
	return pause(nil)
}
