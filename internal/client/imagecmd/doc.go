// Package imagecmd is `mocker-compose image ...`: docker's commands on images,
// with docker's flags, words and exit codes, on our store (internal/image).
//
// One file per command. What reads the store does so in this process; what
// changes layers runs in the user namespace, as a process of ours.
package imagecmd
