// Package volumecmd is `mocker-compose volumes` and `mocker-compose volume ...`:
// docker's commands on volumes, with docker's flags, words and exit codes, on our
// store (internal/volumes).
//
// What only reads, and what makes a directory, is done in this process. What
// deletes runs in the user namespace, as a process of ours: files in a volume may
// belong to any id of a container.
package volumecmd
