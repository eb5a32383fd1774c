// Package logs moves what services write into files, and prints the files.
//
// # Writer
//
// The supervisor's [Mover] has one thread. It waits in epoll for the pipes of
// all services and moves their bytes into files with splice(2): no byte enters
// our memory, so a SIGKILL at any moment loses, repeats and tears nothing. The
// pipe is advanced by exactly what the file took. Whoever holds the pipes open
// (the project's holder) lets the next supervisor go on.
//
// Services that write line by line without a pause would wake the thread for
// every few lines. When it finds little again and again it rests for 0.15 ms
// between rounds: three times the throughput, and fewer records.
//
// # Files
//
// A container's directory has, per stream (stdout, stderr), numbered segments:
//
//	stdout-00000007.log   the bytes as written, for any tool
//	stdout-00000007.idx   24-byte slots: a header, then records
//
//	header  {magic, bytes of the stream before this segment, 0}
//	record  {seq, wall, offset}   three 64-bit words, host byte order
//
// A record stamps the bytes from its offset to the next record's, or to the
// end. seq counts moves of the whole project: it is the order of arrival. It is
// stored before the bytes are moved, so bytes always have a stamp; a record
// that got no bytes is written over by the next move. seq 0 ends an index: its
// space is allocated ahead, three pages at a time, and mapped, because a store
// into a mapping without space behind it would be a SIGBUS.
//
// A stream's first segment, and the directory, are made with its first byte:
// most containers never write to stderr. Until then a stream costs a duplicate
// of its pipe and a place in epoll.
//
// Nothing needs repair after a crash: the next position is the file's size, the
// next seq the highest of all indexes plus one.
//
// Rotation is done between two moves, per stream, so that a loud service takes
// nothing from another: index of the new segment, its log, then the oldest log
// and its index are removed (their space comes back on another thread: that takes
// milliseconds). Adopting undoes a rotation that was cut short.
//
// Full disk: the oldest older segments of the stream that wants to write go
// first; then its bytes stay in the pipe, the service waits when that is full,
// and the mover tries again 5 times a second. Each of it is an [Event].
//
// # Reader
//
// [Print] and [Follower] read the files; no process of ours has to live. They
// merge all streams by seq, follow by inotify, and print line by line: a line
// belongs to the record that has its line feed. A line of up to 16 KiB is
// printed in one piece; a longer one as it comes, and if another stream has to
// print meanwhile, it is broken and goes on with a new prefix. Memory does not
// depend on line lengths. A slow terminal delays its own reader only; one that
// rotation has overtaken says how many bytes were skipped. A reader that must
// miss nothing holds its segments (hold.go): rotation, and so the writer, waits.
//
// # Limits
//
//   - Order of arrival is not order of cause: two lines that are written into
//     two pipes within some tens of microseconds can swap, or within a fifth
//     of a millisecond while services write without a pause. stdout and stderr
//     of one process are two pipes.
//   - Bytes moved together share a stamp; so do those that follow within a
//     millisecond while no other stream has any.
//   - Exact after SIGKILL and the OOM killer. Files are not synced: after a
//     power loss the last seconds may be missing.
//   - Exactness rests on what splice does in the kernel, and is tested by kills.
//     Where a file system refuses splice, bytes go through memory ([Degraded]);
//     then up to 64 KiB are lost by a kill, and by closing on a full disk.
//   - The end of a stream is never waited for (a grandchild may keep it open):
//     [Mover.Drain] waits for the bytes that were there.
//   - splice takes the pipe's lock, which a writer holds while its memory is
//     read: a service that can make its own page faults hang (userfaultfd, its
//     own FUSE) could hold up the thread. The default seccomp profile and the
//     missing /dev/fuse prevent both.
package logs
