// Command empty does nothing: the least that a static Go program costs.
package main

func main() {}
