package main

import (
	"fmt"
	"io"
	"net"
	"os"
	"time"
)

// answerPeer serves TCP and UDP at a port: to whoever comes it says its host name and
// the address that it sees; a TCP connection is echoed after that. With a second
// argument it waits that long before it listens.
func answerPeer(args []string) error {
	if len(args) > 1 {
		d, err := time.ParseDuration(args[1])
		if err != nil {
			return err
		}
		time.Sleep(d)
	}
	host, err := os.Hostname()
	if err != nil {
		return err
	}
	u, err := net.ListenPacket("udp", args[0])
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", args[0])
	if err != nil {
		return err
	}
	fmt.Println("answering at", args[0])
	go func() {
		buf := make([]byte, 1<<16)
		for {
			_, from, err := u.ReadFrom(buf)
			if err != nil {
				fail(err)
			}
			_, _ = fmt.Fprintf(sender{u, from}, "%s %s", host, from) // the asker misses what is lost
		}
	}()
	for {
		c, err := l.Accept()
		if err != nil {
			return err
		}
		go func() {
			defer c.Close()
			if _, err := fmt.Fprintf(c, "%s %s\n", host, c.RemoteAddr()); err == nil {
				_, _ = io.Copy(c, c) // its end ends it
			}
		}()
	}
}

type sender struct {
	c  net.PacketConn
	to net.Addr
}

func (s sender) Write(b []byte) (int, error) { return s.c.WriteTo(b, s.to) }
