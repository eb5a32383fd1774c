// Package networkcmd is `mocker-compose network ...`: docker's commands on
// networks, with docker's flags, words and exit codes.
//
// Two kinds are shown. Definitions (package networks) are made and removed here;
// projects join them by `external: true`. Networks of projects live and die with
// their project; they, and who stands on either kind, are asked of the running
// supervisors.
package networkcmd
