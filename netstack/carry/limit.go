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

const (
	// perTable is the part of all descriptors that one table of flows may have: an eighth.
	perTable = 8
	// FilesOut and FilesIn are the descriptors of a flow to the outside, and of one from
	// there: the latter shares a socket with the others of its port.
	FilesOut, FilesIn = 2, 1
)

// FlowLimit is how many flows of so many descriptors each a table may have.
func FlowLimit(each int) int { return flowLimit(openFiles(), each) }

func flowLimit(files uint64, each int) int {
	return int(min(max(files/perTable/uint64(each), fewest), MostFlows))
}

// budget shares out files open descriptors between connections and pipes. Both tables
// of flows have theirs, of what is not for everything else half at most.
func budget(files uint64) (pairs, pipes int) {
	usable := files - min(files/4, others)
	flows := flowLimit(files, FilesOut)*FilesOut + flowLimit(files, FilesIn)*FilesIn
	usable -= min(usable/2, uint64(flows))
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
