// Package commitcmd is `mocker-compose commit` and `export`: an image, or a tar,
// of what a service's container has on disk (internal/containertree), with docker
// compose's flags and words.
package commitcmd
