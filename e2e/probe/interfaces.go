package main

import (
	"bufio"
	"encoding/hex"
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
)

// interfaces prints one line for each interface but the loopback: its name,
// hardware address, MTU and addresses, and then "default" with the gateways.
func interfaces([]string) error {
	all, err := net.Interfaces()
	if err != nil {
		return err
	}
	for _, i := range all {
		addrs, err := i.Addrs()
		if err != nil {
			return err
		}
		var texts []string
		for _, a := range addrs {
			texts = append(texts, a.String())
		}
		slices.Sort(texts)
		if i.Flags&net.FlagLoopback == 0 {
			fmt.Println(i.Name, i.HardwareAddr, i.MTU, strings.Join(texts, " "))
		}
	}
	gateways := slices.Concat(gateways4(), gateways6())
	slices.Sort(gateways)
	fmt.Println("default", strings.Join(gateways, " "))
	return nil
}

// fields are the fields of the lines of a file; none if it cannot be read.
func fields(path string) (all [][]string) {
	f, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		all = append(all, strings.Fields(s.Text()))
	}
	return all
}

// gateways4 reads /proc/net/route, whose addresses are little-endian.
func gateways4() (all []string) {
	for _, f := range fields("/proc/net/route") {
		if len(f) < 3 || f[1] != "00000000" {
			continue
		}
		if b, err := hex.DecodeString(f[2]); err == nil && len(b) == 4 {
			all = append(all, netip.AddrFrom4([4]byte{b[3], b[2], b[1], b[0]}).String())
		}
	}
	return all
}

// gateways6 reads /proc/net/ipv6_route: destination, its length, source, its
// length, gateway, …, interface.
func gateways6() (all []string) {
	for _, f := range fields("/proc/net/ipv6_route") {
		if len(f) < 10 || f[1] != "00" || f[9] == "lo" {
			continue
		}
		if b, err := hex.DecodeString(f[4]); err == nil && len(b) == 16 {
			all = append(all, netip.AddrFrom16([16]byte(b)).String())
		}
	}
	return all
}
