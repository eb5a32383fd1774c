// Package treetest holds tests on the source tree itself: the rules that keep
// the shape of the program, where a reviewer would have to count.
//
//	imports     who may import whom; the layers are listed in layers_test.go
//	early       what starts before the compose loader stays small and light
//	sizes       files, functions and packages that have grown too large
//	comments    one package comment for each package
//	words       no absolute path of a developer's machine, no package "util"
//	scenarios   every example and every scenario directory belongs to a test
//
// It has no code but tests. The command testall beside it runs all tests of
// the module and counts them, skips with their reasons included.
package treetest
