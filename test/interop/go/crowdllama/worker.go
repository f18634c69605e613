package main

import (
	"context"
	"flag"
	"fmt"
	"strings"
	"time"

	"github.com/crowdllama/crowdllama/pkg/config"
	"github.com/crowdllama/crowdllama/pkg/crowdllama"
	"github.com/crowdllama/crowdllama/pkg/peer"

	"peerbandit/interop/control"
)

// metadataInterval is how often claims of our own are dated anew, as often as CrowdLlama does it in its test mode.
const metadataInterval = 5 * time.Second

// runWorker is a worker as CrowdLlama runs it. It claims what they all claim (150 tokens/s, an RTX 4090, four models) unless told
// otherwise by -claims.
func runWorker(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("worker", flag.ExitOnError)
	bootstrap := flags.String("bootstrap", "", "multiaddrs of bootstrap nodes, separated by commas")
	ollama := flags.String("ollama", "", "base URL of an Ollama server")
	claims := flags.String("claims", "", "metadata to claim instead of CrowdLlama's constants: JSON, its own field names")
	verbose := flags.Bool("verbose", false, "log everything")
	_ = flags.Parse(args)

	worker, err := newPeer(ctx, *bootstrap, *ollama, true, *verbose)
	if err != nil {
		return err
	}
	defer closePeer(worker)
	worker.PeerManager.Start()
	// Before it advertises: who asks for metadata and gets none does not ask again for ten minutes.
	if err := worker.UpdateMetadata(); err != nil {
		return fmt.Errorf("metadata: %w", err)
	}
	if *claims == "" {
		worker.SetupMetadataHandler()
		worker.StartMetadataUpdates()
	} else if err := claim(ctx, worker, []byte(*claims)); err != nil {
		return err
	}
	worker.AdvertisePeer(ctx, crowdllama.PeerNamespace)
	return control.Serve(ctx, readyLine(worker.Host), map[string]control.Method{
		"counts": control.CountsOf(worker.Host.Network()),
		"quiet":  control.QuietOf(worker.Host.Network()),
	})
}

// claim answers for metadata with claims over CrowdLlama's constants, dated anew now and then.
func claim(ctx context.Context, worker *peer.Peer, claims []byte) error {
	worker.SetupMetadataHandler()
	base := *worker.Metadata
	claimed, err := crowdllama.FromJSON(claims)
	if err != nil {
		return fmt.Errorf("-claims: %w", err)
	}
	if claimed.PeerID == "" {
		claimed.PeerID = base.PeerID
	}
	if claimed.SupportedModels == nil {
		claimed.SupportedModels = base.SupportedModels
	}
	claimed.Version = base.Version
	claimed.WorkerMode = true
	renew := func() {
		next := *claimed
		next.LastUpdated = time.Now()
		worker.Metadata = &next
	}
	renew()
	go func() {
		ticker := time.NewTicker(metadataInterval)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				renew()
			case <-ctx.Done():
				return
			}
		}
	}()
	return nil
}

func newPeer(ctx context.Context, bootstrap, ollama string, workerMode, verbose bool) (*peer.Peer, error) {
	if bootstrap == "" {
		return nil, fmt.Errorf("-bootstrap must be the address of a bootstrap node: without one CrowdLlama dials its own")
	}
	key, err := newKey()
	if err != nil {
		return nil, err
	}
	logger, err := newLogger(verbose)
	if err != nil {
		return nil, err
	}
	cfg := config.NewConfiguration()
	cfg.BootstrapPeers = strings.Split(bootstrap, ",")
	if ollama != "" {
		cfg.OllamaBaseURL = ollama
	}
	node, err := peer.NewPeerWithConfig(ctx, key, cfg, workerMode, logger)
	if err != nil {
		return nil, fmt.Errorf("peer: %w", err)
	}
	return node, nil
}

func closePeer(node *peer.Peer) {
	node.StopMetadataUpdates()
	node.PeerManager.Stop()
	_ = node.DHT.Close()
	_ = node.Host.Close()
}
