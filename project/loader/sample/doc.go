// Package sample finds the example of a file that is missing.
//
// Projects keep secrets out of their repository: a compose file wants .env, and what is
// there is .env.example, to be copied. Whoever forgets that gets an error, or a line for
// each variable that is not set; with this package both name the command that mends it.
//
// A name is an example's if it comes to the name of the missing file once a word such as
// "example", "sample" or "template" and one separator beside it are taken out. The first
// dot of a name does not count: env.example is one of .env.
package sample
