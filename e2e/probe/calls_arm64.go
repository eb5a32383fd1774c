package main

var abis = []abi{{"aarch64", 0, native}}
