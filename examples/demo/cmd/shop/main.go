// Command shop is the program of the demo: a shop of three small servers, and
// the client that looks at them.
//
//	shop store -listen :7000                       what is in stock, in memory
//	shop api   -listen :8000 -store http://store…  the rules: sells from the store
//	shop web   -listen :8080 -api http://api…      the page
//	shop health URL                                exit 0 if URL answers 200
//	shop get URL                                   print what URL answers
//	shop inside NAME...                            how the world looks from here
//
// It uses nothing but the standard library and is linked statically, so it runs
// on any root file system.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	log.SetFlags(0)
	if len(os.Args) < 2 {
		log.Fatal("shop: say which part: store, api, web, health, get, inside")
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1], os.Args[2:]); err != nil {
		stop()
		log.Fatalf("shop %s: %v", os.Args[1], err)
	}
}

func run(ctx context.Context, part string, args []string) error {
	flags := flag.NewFlagSet("shop "+part, flag.ExitOnError)
	listen := flags.String("listen", "127.0.0.1:0", "address to listen on")
	storeURL := flags.String("store", "http://store:7000", "where the store is")
	apiURL := flags.String("api", "http://api:8000", "where the api is")
	if err := flags.Parse(args); err != nil {
		return err
	}
	switch part {
	case "store":
		return serve(ctx, part, *listen, newStore().routes())
	case "api":
		return serve(ctx, part, *listen, (&api{store: *storeURL}).routes())
	case "web":
		return serve(ctx, part, *listen, (&web{api: *apiURL}).routes())
	case "health":
		return health(ctx, flags.Arg(0))
	case "get":
		return get(ctx, flags.Arg(0), os.Stdout)
	case "inside":
		return inside(ctx, os.Stdout, flags.Args())
	}
	return fmt.Errorf("no such part")
}
