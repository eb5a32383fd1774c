package carry

import "golang.org/x/sys/unix"

const (
	// filesPerPair are those of an idle connection: both its sockets.
	filesPerPair = 2
	filesPerPipe = 2
	// mostPairs bounds the memory: an idle one costs about 20 KiB, kernel included.
	mostPairs = 32768
	mostPipes = 512
	fewest    = 32
)

// budget shares out files open descriptors: three quarters are for connections
// and pipes, the rest for everything else that the process does.
func budget(files uint64) (pairs, pipes int) {
	usable := files / 4 * 3
	pipes = int(min(max(usable/4/filesPerPipe, fewest), mostPipes))
	pairs = int(min(max((usable-min(usable, uint64(pipes*filesPerPipe)))/filesPerPair, fewest), mostPairs))
	return pairs, pipes
}

// openFiles is the process's own limit of descriptors (getrlimit(2)).
func openFiles() uint64 {
	var l unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &l); err != nil {
		return 1024
	}
	return l.Cur
}
