// Package project is the model of one compose project: what the files say,
// reduced to what we honour. It is pure: no processes, no kernel, none of our
// other packages. project/loader fills it from compose files.
package project
