// Command crowdllama runs one node of CrowdLlama, its own packages unchanged: `bootstrap`, `worker` or `consumer`. It does what
// CrowdLlama's own commands do, but for what those cannot be told: where to bootstrap, and free ports. Driven as package control says.
package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"os"

	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/host"
	"go.uber.org/zap"

	"peerbandit/interop/control"
)

var programs = map[string]func(ctx context.Context, args []string) error{
	"bootstrap": runBootstrap,
	"worker":    runWorker,
	"consumer":  runConsumer,
}

func main() {
	control.Main(func(ctx context.Context) error {
		if len(os.Args) < 2 {
			return fmt.Errorf("usage: crowdllama bootstrap|worker|consumer [flags]")
		}
		program, known := programs[os.Args[1]]
		if !known {
			return fmt.Errorf("program must be bootstrap, worker or consumer, got %q", os.Args[1])
		}
		return program(ctx, os.Args[2:])
	})
}

// newKey makes an identity that no file ever holds.
func newKey() (crypto.PrivKey, error) {
	key, _, err := crypto.GenerateEd25519Key(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("key: %w", err)
	}
	return key, nil
}

// newLogger logs to stderr what is a warning or worse, everything with -verbose.
func newLogger(verbose bool) (*zap.Logger, error) {
	config := zap.NewDevelopmentConfig()
	if !verbose {
		config.Level = zap.NewAtomicLevelAt(zap.WarnLevel)
	}
	config.DisableStacktrace = true
	logger, err := config.Build()
	if err != nil {
		return nil, fmt.Errorf("logger: %w", err)
	}
	return logger, nil
}

func addressesOf(node host.Host) []string {
	addresses := make([]string, 0, len(node.Addrs()))
	for _, address := range node.Addrs() {
		addresses = append(addresses, fmt.Sprintf("%s/p2p/%s", address, node.ID()))
	}
	return addresses
}

func readyLine(node host.Host) map[string]any {
	return map[string]any{"id": node.ID().String(), "addresses": addressesOf(node)}
}
