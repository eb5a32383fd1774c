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

// others is what is left to everything else that the process does; a quarter, if
// there are few.
const others = 2048

// budget shares out files open descriptors between connections and pipes.
func budget(files uint64) (pairs, pipes int) {
	usable := files - min(files/4, others)
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
