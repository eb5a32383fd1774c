// Package diskusage measures trees of files: what they hold, and what they take.
//
// The two differ: a sparse file holds more than it takes, a file without content of
// its own (overlayfs, metacopy) takes an inode and no block.
package diskusage
