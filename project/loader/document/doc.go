// Package document reads one compose file as YAML nodes, within bounds, and finds
// keys in it.
//
// The text is bounded before it is parsed (MaxFileSize, the number of characters that
// can begin a value), and what it expands to before anybody expands it: values after
// aliases, depth, variables in one value (budget.go). A node that is met through
// several aliases is counted each time and visited once, so the cost is that of the
// text.
//
// Paths of keys lead through aliases and merges (<<), as the values do. Error is
// the form of every fault in a file: file, line, what is wrong, the remedy.
//
// Only regular files are read: a fifo or a device would block or never end.
package document
