package main

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"syscall"
	"time"
)

// bite is what hungry takes at once.
const bite = 10 << 20

// hungry is `data += 10 MB` in a loop. It says what it has after each bite, and
// "full" at MB (0: never), where it stays. With a third argument it first leaves a
// line in that file, so that its runs can be counted.
func hungry(args []string) error {
	if len(args) < 2 {
		return errors.New("hungry MB PAUSE [FILE]")
	}
	most, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	wait, err := time.ParseDuration(args[1])
	if err != nil {
		return err
	}
	if len(args) > 2 {
		if err := appendLine(args[2], "ate"); err != nil {
			return err
		}
	}
	var data [][]byte
	for n := 1; most == 0 || n*bite <= most<<20; n++ {
		b, err := syscall.Mmap(-1, 0, bite, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_PRIVATE|syscall.MAP_ANONYMOUS)
		if err != nil {
			return fmt.Errorf("bite %d: %w", n, err)
		}
		for i := 0; i < len(b); i += os.Getpagesize() {
			b[i] = byte(n)
		}
		data = append(data, b)
		fmt.Println("has", n*bite>>20, "MB")
		time.Sleep(wait)
	}
	fmt.Println("full")
	err = pause(nil)
	runtime.KeepAlive(data)
	return err
}

// family of a hungry one: the child eats, the parent waits and would tell that it
// outlived the child.
func feed(args []string) error {
	p, err := os.StartProcess("/proc/self/exe", append([]string{"probe", "hungry"}, args...), &os.ProcAttr{Files: []*os.File{nil, os.Stdout, os.Stderr}})
	if err != nil {
		return err
	}
	st, err := p.Wait()
	fmt.Println("outlived the child:", st, err)
	return pause(nil)
}

func appendLine(path, line string) error {
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = f.WriteString(line + "\n")
	return err
}
