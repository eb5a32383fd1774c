// Package whycmd is the command why, and the same account below the error of an up, a
// start or a run that failed. It gathers what package why makes a text of: the record of
// the project, from its supervisor or from disk, the last lines of logs, and who owns
// what is bound into containers.
//
// It changes nothing, and needs no supervisor: what was on record when that ended is
// told after a stop and after a crash too.
package whycmd
