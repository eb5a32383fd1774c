// Package imageconfig says what a service is together with its image: what the
// compose file sets, over what the image's configuration sets, by docker's rules
// (moby, daemon/commit.go, merge; daemon/create.go). It is pure.
//
//	entrypoint    the file's; `[]` and "" in the file empty the image's
//	command       the file's; the image's only if the file has neither a command
//	              nor an entrypoint that is not empty
//	environment   the image's, each variable replaced by the file's of that name;
//	              a name without a value in the file takes the image's away
//	user, working_dir, stop_signal   the file's if it has one
//	healthcheck   the file's, each field that it does not set from the image;
//	              `disable: true` and NONE end the image's
//	labels        the image's, each replaced by the file's of that name
//	expose        both
//	volumes       each of the image is an anonymous volume, unless the file mounts
//	              something at that very path
//
// `command: []` alone does not take the image's command away: docker does not
// tell it from no command.
//
// # What is hostile
//
// An image's configuration is data of a stranger. Nothing here, nor later on the
// host, interprets it: labels are only shown, a health check runs inside, the
// user is looked up inside. A volume at or below /proc, /sys or /dev, at / or at
// one of the files of /etc that are ours is left out, with a notice: it would
// cover what the sandbox is made of.
package imageconfig
