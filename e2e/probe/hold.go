package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"time"
)

// parrot answers on each connection with what it got.
func parrot(args []string) error {
	l, err := net.Listen("tcp", args[0])
	if err != nil {
		return err
	}
	fmt.Println("listening on", args[0])
	for {
		c, err := l.Accept()
		if err != nil {
			return err
		}
		go func() {
			defer c.Close()
			_, _ = io.Copy(c, c)
		}()
	}
}

// hold keeps one connection busy: a line each 20 ms that has to come back within
// ten seconds. How many came back is in FILE; when the connection breaks it ends
// with an error.
func hold(args []string) error {
	var c net.Conn
	var err error
	for range 100 {
		if c, err = net.Dial("tcp", args[0]); err == nil {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	if err != nil {
		return err
	}
	lines := bufio.NewReader(c)
	for n := 1; ; n++ {
		if err := c.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
			return err
		}
		sent := fmt.Sprintf("line %d\n", n)
		if _, err := io.WriteString(c, sent); err != nil {
			return err
		}
		if got, err := lines.ReadString('\n'); err != nil || got != sent {
			return fmt.Errorf("line %d came back as %q: %w", n, got, err)
		}
		if err := os.WriteFile(args[1], fmt.Appendf(nil, "%d\n", n), 0o644); err != nil {
			return err
		}
		time.Sleep(20 * time.Millisecond)
	}
}
