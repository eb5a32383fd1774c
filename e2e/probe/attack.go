package main

import (
	"fmt"
	"os"
	"strings"
	"syscall"
	"time"
)

// attack reads and writes what it is told to, each for a second at most.
func attack(args []string) error {
	for _, a := range args {
		how, path, _ := strings.Cut(a, ":")
		done := make(chan string, 1)
		go func() { done <- touch(how, path) }()
		select {
		case text := <-done:
			fmt.Printf("%s: %q\n", a, text)
		case <-time.After(time.Second):
			fmt.Printf("%s: hangs\n", a)
		}
	}
	fmt.Println("attacked")
	return nil
}

func touch(how, path string) string {
	flags := os.O_RDONLY
	if how == "w" {
		flags = os.O_WRONLY | os.O_APPEND | os.O_CREATE
	}
	f, err := os.OpenFile(path, flags|syscall.O_NONBLOCK, 0o644)
	if err != nil {
		return err.Error()
	}
	defer f.Close()
	if how == "w" {
		_, err := f.WriteString("written from inside\n")
		return fmt.Sprint(err)
	}
	b := make([]byte, 4096)
	n, _ := f.Read(b)
	return string(b[:n])
}
