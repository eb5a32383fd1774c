// Package graph draws who depends on whom: services, what each waits for, and, where
// the project runs, in which state each is.
//
//	ascii    a tree for each service that nobody depends on; plain ASCII
//	dot      graphviz, with docker compose's node labels
//	mermaid  a flow chart, as pages of code forges show it
//	json     the type [Graph], for programs
//
// The package is pure: a graph is made of a project and of containers, and the same
// ones give the same bytes. Services, edges and lists are sorted by name.
package graph
