// Package userspec reads what a compose file, a command line or an image calls a
// user, and finds the ids for it: one strict parser for all of them.
//
// # The text
//
//	""            user 0 (who wants another says so)
//	USER          its group, and the groups that list it as a member
//	USER:GROUP    this group and no other
//
// USER and GROUP are a decimal number or a name. What begins with a digit is a
// number or an error: no file of an image can give "0x0" or "1000" a meaning of
// its own. A number that no file knows is taken as it is, with group 0 and
// home "/", as docker does it. A name that no file knows is an error, as is a
// part that is empty (a variable that was not set), and anything else that is
// not exactly one of these forms. Nothing ever falls back to user 0.
//
// # The files
//
// /etc/passwd and /etc/group are the image's, and so hostile: they are opened
// below the container's root (safepath), must be regular files, and are read as
// a stream, within limits of size and line length. Lines that are malformed
// mean nothing, unless they are the ones that are asked for: then they are an
// error. Of several lines with one name the first counts (getpwnam(3)).
//
// # Limits
//
// No name service: a user exists if the files say so. Names are those that
// useradd(8) and its kin make: letters, digits and "._-@+", not beginning with a
// digit, and at the end perhaps "$".
package userspec
