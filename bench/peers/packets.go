package main

import (
	"net"
	"os"
)

// packets is a tap device as the connection that gvisor-tap-vsock wants: each
// read and each write is one packet, as in its protocol for bess.
type packets struct{ *os.File }

// LocalAddr and RemoteAddr are for its messages.
func (p packets) LocalAddr() net.Addr  { return device(p.Name()) }
func (p packets) RemoteAddr() net.Addr { return device(p.Name()) }

type device string

func (d device) Network() string { return "tap" }
func (d device) String() string  { return string(d) }
