// Where the cpu controller is delegated, Go's runtime keeps cpu.max open, and the
// probe would tell of a file that is its own.
//go:debug containermaxprocs=0

// Command probe is what the services of the scenarios run: one static program
// that does on demand what services do, and tells what it sees of its sandbox.
//
//	probe serve ADDRESS         answer HTTP: see serve.go
//	probe get URL               print the answer; exit 0 only for status 200
//	probe lines N PAUSE TAG     write N numbered lines, pausing in between
//	probe exit CODE [FILE]      print "leaving" and exit (append a line to FILE first)
//	probe trap [SIGNAL...]      print each signal received; TERM and INT end it, unless named
//	probe family                leave processes in every way a process can stay, then wait
//	probe status                print /proc/self/status, open files, mounts, names
//	probe lookup NAME...        print "NAME ADDRESS..." or "NAME -"
//	probe dial ADDRESS...       print "ADDRESS open" or "ADDRESS closed"
//	probe parrot ADDRESS        send back what comes in on each connection
//	probe hold ADDRESS FILE     keep one connection busy, FILE counts: see hold.go
//	probe reach TARGET...       print what comes back from tcp:, udp:, ping:, arp:, dns: targets: see reach.go
//	probe traffic serve ADDRESS answer the agents of bench/load; traffic agent: be one
//	probe world NAME ADDRESS... answer there as the world outside does: see internal/worldtest
//	probe interfaces            print names, hardware addresses, MTU, addresses, gateways: see interfaces.go
//	probe answer ADDRESS [WAIT] say by TCP and UDP who one is and who asks: see answer.go
//	probe open FIRST-LAST...    listen on ranges of ports
//	probe storm KIND ADDRESS HANDS TIME   make trouble: see storm.go
//	probe netns                 print which net namespace this is
//	probe tty                   print whether 0, 1, 2 are terminals and the size, then each resize
//	probe write FILE TEXT       write a file
//	probe attack r:FILE w:FILE  read and write files, and print what was read
//	probe swap DIR TARGET       exchange DIR/sub for a link to TARGET and back, for ever
//	probe usurp                 overwrite the program of whoever enters the container
//	probe readlink PATH         print where a link leads
//	probe check KEY=VALUE...    be silent if this process is as it should be: see check.go
//	probe announce HOW WHAT...  become ready when the file ./go appears: see announce.go
//	probe pause                 do nothing until a signal
//	probe stay                  the same, ignoring what can be ignored
//	probe calls                 say of every system call whether the filter allows it: see calls.go
//	probe inject TERMINAL...    try to put bytes into a terminal's input
//	probe abstract NAME...      print "NAME open" or "NAME closed" of abstract unix sockets
//	probe keyring               print what the session keyring is
//	probe session COMMAND...    execute it in a session keyring with a key called canary
//	probe stuff COMMAND...      the same, and the quota of keys is full
//	probe look PATH...          print whether paths can be read and written
//	probe unmount PATH...       try to unmount
//	probe ids                   print the real and effective user
//	probe hungry MB PAUSE [FILE] take memory, 10 MB at once, and say so: see hungry.go
//	probe feed MB PAUSE         the same in a child; say so if it was the only one to die
//	probe burn THREADS TIME     use the processor, print how much the kernel counted
//	probe spawn N               start processes, print how many there are and why no more
//	probe threads N             have so many threads
//	probe disk FILE MB          write past the page cache, print how long it took
//	probe writables DIR...      print what opens for writing below directories
//	probe cage                  try to leave the cgroup and to raise its limits: see cage.go
//	probe bytes                 write bytes that no terminal should get
package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

func main() {
	if len(os.Args) < 2 {
		fail(fmt.Errorf("say what to do"))
	}
	if err := run(os.Args[1], os.Args[2:]); err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "probe:", err)
	os.Exit(1)
}

var verbs = map[string]func(args []string) error{
	"serve":  serve,
	"get":    get,
	"lines":  lines,
	"exit":   exit,
	"trap":   trap,
	"family": family,
	"status": status,
	"lookup": lookup,
	"netns":  netns,
	"dial":   dial,
	"parrot": parrot,
	"hold":   hold,
	"tty":    tty,
	"write":  write,
	"bytes":  oddBytes,

	"calls":    calls,
	"inject":   inject,
	"abstract": abstract,
	"keyring":  keyring,
	"session":  session,
	"stuff":    stuff,
	"look":     look,
	"unmount":  unmount,
	"ids":      ids,
	"pause":    pause,
	"stay":     stay,
	"attack":   attack,
	"usurp":    usurp,
	"readlink": readlink,
	"swap":     swap,
	"check":    check,
	"open":     open,
	"reach":    reach,
	"storm":    storm,
	"world":    world,
	"traffic":  traffic,
	"answer":   answerPeer,
	"announce": announce,

	"interfaces": interfaces,

	"hungry":    hungry,
	"feed":      feed,
	"burn":      burn,
	"spawn":     spawn,
	"threads":   threads,
	"disk":      disk,
	"writables": writables,
	"cage":      cage,
}

func run(verb string, args []string) error {
	f, ok := verbs[verb]
	if !ok {
		return fmt.Errorf("no verb %q", verb)
	}
	return f(args)
}

func lines(args []string) error {
	n, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	pause, err := time.ParseDuration(args[1])
	if err != nil {
		return err
	}
	for i := range n {
		fmt.Printf("%s %d\n", args[2], i)
		time.Sleep(pause)
	}
	return nil
}

func exit(args []string) error {
	code, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	if len(args) > 1 {
		f, err := os.OpenFile(args[1], os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
		if err != nil {
			return err
		}
		if _, err := f.WriteString("left\n"); err != nil {
			return err
		}
	}
	fmt.Println("leaving")
	os.Exit(code)
	return nil
}

func write(args []string) error {
	return os.WriteFile(args[0], []byte(strings.Join(args[1:], " ")), 0o644)
}

// pause does nothing for ever. (An empty select would be a deadlock to Go.)
func pause([]string) error {
	for {
		time.Sleep(time.Hour)
	}
}

// oddBytes writes what a log must keep and a terminal must not get.
func oddBytes([]string) error {
	_, err := os.Stdout.Write([]byte("red \x1b[31m bell \a nul \x00 bad \xff\xfe end\nno newline"))
	return err
}

// family leaves a child, a grandchild in a session of its own, and a child that
// ignores all signals that can be ignored.
func family([]string) error {
	for _, how := range []*syscall.SysProcAttr{{}, {Setsid: true}, {Setpgid: true}} {
		if _, err := os.StartProcess("/proc/self/exe", []string{"probe", "stay"}, &os.ProcAttr{Files: []*os.File{nil, os.Stdout, os.Stderr}, Sys: how}); err != nil {
			return err
		}
	}
	fmt.Println("family is there")
	return stay(nil)
}
