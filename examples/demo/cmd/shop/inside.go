package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
)

// inside prints how the world looks to a process: who it is, what else runs,
// and which of the names it can find.
func inside(ctx context.Context, w io.Writer, names []string) error {
	host, err := os.Hostname()
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "host name   %s\n", host)
	fmt.Fprintf(w, "user id     %d\n", os.Getuid())
	fmt.Fprintf(w, "processes   %s\n", strings.Join(processes(), ", "))
	fmt.Fprintf(w, "addresses   %s\n", strings.Join(addresses(), ", "))
	for _, name := range names {
		found, err := net.DefaultResolver.LookupHost(ctx, name)
		text := strings.Join(found, ", ")
		if err != nil {
			text = "not known here"
		}
		fmt.Fprintf(w, "%-11s %s\n", name, text)
	}
	return nil
}

func processes() []string {
	var all []string
	dirs, _ := filepath.Glob("/proc/[0-9]*") // the pattern is well formed
	for _, dir := range dirs {
		if b, err := os.ReadFile(dir + "/cmdline"); err == nil {
			args := strings.Fields(strings.ReplaceAll(string(b), "\x00", " "))
			if len(args) > 1 {
				all = append(all, filepath.Base(dir)+" "+filepath.Base(args[0])+" "+args[1])
			}
		}
	}
	return all
}

func addresses() []string {
	var all []string
	found, err := net.InterfaceAddrs()
	if err != nil {
		return []string{err.Error()}
	}
	for _, a := range found {
		if ip, ok := a.(*net.IPNet); ok && ip.IP.To4() != nil && !ip.IP.IsLoopback() {
			all = append(all, ip.String())
		}
	}
	return all
}
