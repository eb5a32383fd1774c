package main

import (
	"fmt"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// storm makes trouble with so many hands for so long, and prints how often:
//
//	hang    connections that are begun and never come about, begun again each second
//	reset   connections that are reset as soon as they are there
//	mute    connections into which is written what nobody reads, until the end
//	idle    connections that say nothing, until the end
//	packets UDP from ever new ports
//	names   questions for silent.example at the resolver; ADDRESS is its
func storm(args []string) error {
	if len(args) != 4 {
		return fmt.Errorf("storm KIND ADDRESS HANDS TIME")
	}
	hands, err := strconv.Atoi(args[2])
	if err != nil {
		return err
	}
	long, err := time.ParseDuration(args[3])
	if err != nil {
		return err
	}
	hand := storms[args[0]]
	if hand == nil {
		return fmt.Errorf("no such storm: %s", args[0])
	}
	var times atomic.Int64
	var wg sync.WaitGroup
	end := time.Now().Add(long)
	for range hands {
		wg.Go(func() {
			for time.Now().Before(end) {
				if hand(args[1], end) {
					times.Add(1)
				}
			}
		})
	}
	wg.Wait()
	fmt.Println(args[0], times.Load())
	return nil
}

// storms are what one hand does once.
var storms = map[string]func(addr string, end time.Time) bool{
	"hang": func(addr string, _ time.Time) bool {
		c, err := net.DialTimeout("tcp", addr, time.Second)
		if err == nil {
			c.Close()
		}
		return true
	},
	"reset": func(addr string, _ time.Time) bool {
		c, err := net.DialTimeout("tcp", addr, 5*time.Second)
		if err != nil {
			time.Sleep(10 * time.Millisecond)
			return false
		}
		if tc, ok := c.(*net.TCPConn); ok {
			tc.SetLinger(0) //nolint:errcheck // then it ends in order
		}
		c.Close()
		return true
	},
	"mute": func(addr string, end time.Time) bool { return holdOne(addr, end, make([]byte, 64<<10)) },
	"idle": func(addr string, end time.Time) bool { return holdOne(addr, end, nil) },
	"packets": func(addr string, _ time.Time) bool {
		c, err := net.Dial("udp", addr)
		if err != nil {
			return false
		}
		defer c.Close()
		_, err = c.Write([]byte("storm"))
		time.Sleep(time.Millisecond)
		return err == nil
	},
	"names": func(addr string, _ time.Time) bool {
		c, err := net.Dial("udp", addr)
		if err != nil {
			return false
		}
		defer c.Close()
		question := append([]byte{1, 2, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0}, "\x06silent\x07example\x00\x00\x01\x00\x01"...)
		_, err = c.Write(question)
		time.Sleep(10 * time.Millisecond)
		return err == nil
	},
}

// holdOne keeps one connection, and fills it if there is something to write.
func holdOne(addr string, end time.Time, text []byte) bool {
	c, err := net.DialTimeout("tcp", addr, 5*time.Second)
	if err != nil {
		time.Sleep(100 * time.Millisecond)
		return false
	}
	defer c.Close()
	if err := c.SetDeadline(end); err != nil {
		return false
	}
	for text != nil {
		if _, err := c.Write(text); err != nil {
			break
		}
	}
	time.Sleep(time.Until(end))
	return true
}
