package main

import (
	"context"
	"flag"
	"fmt"

	"github.com/crowdllama/crowdllama/pkg/dht"

	"peerbandit/interop/control"
)

// runBootstrap is CrowdLlama's DHT server on free ports of the loopback, over TCP and QUIC.
func runBootstrap(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("bootstrap", flag.ExitOnError)
	verbose := flags.Bool("verbose", false, "log everything")
	_ = flags.Parse(args)

	key, err := newKey()
	if err != nil {
		return err
	}
	logger, err := newLogger(*verbose)
	if err != nil {
		return err
	}
	server, err := dht.NewDHTServerWithAddrs(ctx, key, logger, []string{"/ip4/127.0.0.1/tcp/0", "/ip4/127.0.0.1/udp/0/quic-v1"})
	if err != nil {
		return fmt.Errorf("DHT server: %w", err)
	}
	defer server.Stop()
	if _, err := server.Start(); err != nil {
		return fmt.Errorf("DHT server: %w", err)
	}
	return control.Serve(ctx, readyLine(server.Host), map[string]control.Method{
		"counts": control.CountsOf(server.Host.Network()),
		"peers":  control.Of(func(context.Context, struct{}) (any, error) { return server.GetPeers(), nil }),
	})
}
