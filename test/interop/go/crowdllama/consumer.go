package main

import (
	"context"
	"flag"
	"fmt"
	"net"
	"net/http"
	"sort"
	"strings"
	"time"

	"github.com/crowdllama/crowdllama/pkg/crowdllama"
	"github.com/crowdllama/crowdllama/pkg/gateway"
	"github.com/crowdllama/crowdllama/pkg/peer"

	"peerbandit/interop/control"
)

// pollInterval is how often the peer manager is looked at: it tells nobody when it changes.
const pollInterval = 50 * time.Millisecond

// gatewayStart is how long CrowdLlama's gateway may take to listen.
const gatewayStart = 10 * time.Second

// runConsumer is a consumer as CrowdLlama runs it: peer, peer manager and HTTP gateway, here on a free port.
func runConsumer(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("consumer", flag.ExitOnError)
	bootstrap := flags.String("bootstrap", "", "multiaddrs of bootstrap nodes, separated by commas")
	verbose := flags.Bool("verbose", false, "log everything")
	_ = flags.Parse(args)

	consumer, err := newPeer(ctx, *bootstrap, "", false, *verbose)
	if err != nil {
		return err
	}
	defer closePeer(consumer)
	consumer.PeerManager.Start()
	consumer.SetupMetadataHandler()
	consumer.StartMetadataUpdates()
	consumer.AdvertisePeer(ctx, crowdllama.PeerNamespace)
	url, err := startGateway(ctx, consumer, *verbose)
	if err != nil {
		return err
	}

	ready := readyLine(consumer.Host)
	ready["url"] = url
	return control.Serve(ctx, ready, map[string]control.Method{
		"counts":  control.CountsOf(consumer.Host.Network()),
		"quiet":   control.QuietOf(consumer.Host.Network()),
		"workers": control.Of(workersOf(consumer)),
		"await":   control.Of(awaitOf(consumer)),
		"best":    control.Of(bestOf(consumer)),
	})
}

// startGateway returns when the gateway listens. CrowdLlama takes 0 for its own port, so that a free one is looked for first.
func startGateway(ctx context.Context, consumer *peer.Peer, verbose bool) (string, error) {
	logger, err := newLogger(verbose)
	if err != nil {
		return "", err
	}
	server, err := gateway.NewGateway(ctx, logger, consumer)
	if err != nil {
		return "", fmt.Errorf("gateway: %w", err)
	}
	free, err := (&net.ListenConfig{}).Listen(ctx, "tcp", ":0")
	if err != nil {
		return "", fmt.Errorf("free port: %w", err)
	}
	port := free.Addr().(*net.TCPAddr).Port
	if err := free.Close(); err != nil {
		return "", fmt.Errorf("free port: %w", err)
	}
	failed := make(chan error, 1)
	go func() { failed <- server.StartHTTPServer(port) }()

	url := fmt.Sprintf("http://127.0.0.1:%d", port)
	limit, cancel := context.WithTimeout(ctx, gatewayStart)
	defer cancel()
	ticker := time.NewTicker(pollInterval)
	defer ticker.Stop()
	for {
		select {
		case err := <-failed:
			return "", fmt.Errorf("gateway on port %d: %w", port, err)
		case <-limit.Done():
			return "", fmt.Errorf("the gateway does not answer at %s: %w", url, limit.Err())
		case <-ticker.C:
			if answers(limit, url+"/api/health") {
				return url, nil
			}
		}
	}
}

func answers(ctx context.Context, url string) bool {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return false
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return false
	}
	_ = response.Body.Close()
	return response.StatusCode == http.StatusOK
}

type modelParams struct {
	Model string `json:"model"`
}

type awaitParams struct {
	Model     string `json:"model"`
	Count     int    `json:"count"`
	TimeoutMs int    `json:"timeoutMs"`
}

// workersFor are the ids of the workers that the peer manager would choose from, sorted.
func workersFor(consumer *peer.Peer, model string) []string {
	ids := []string{}
	for id, claims := range consumer.PeerManager.GetAvailableWorkers() {
		for _, supported := range claims.SupportedModels {
			if supported == model {
				ids = append(ids, id)
				break
			}
		}
	}
	sort.Strings(ids)
	return ids
}

func workersOf(consumer *peer.Peer) func(context.Context, modelParams) (any, error) {
	return func(_ context.Context, params modelParams) (any, error) {
		return workersFor(consumer, params.Model), nil
	}
}

// awaitOf answers when exactly so many workers of a model are known and healthy.
func awaitOf(consumer *peer.Peer) func(context.Context, awaitParams) (any, error) {
	return func(ctx context.Context, params awaitParams) (any, error) {
		ctx, cancel := context.WithTimeout(ctx, time.Duration(params.TimeoutMs)*time.Millisecond)
		defer cancel()
		ticker := time.NewTicker(pollInterval)
		defer ticker.Stop()
		for {
			found := workersFor(consumer, params.Model)
			if len(found) == params.Count {
				return found, nil
			}
			select {
			case <-ticker.C:
			case <-ctx.Done():
				return nil, fmt.Errorf("want %d workers of %s, have %d [%s]", params.Count, params.Model, len(found), strings.Join(found, " "))
			}
		}
	}
}

// bestOf asks CrowdLlama's own selection once.
func bestOf(consumer *peer.Peer) func(context.Context, modelParams) (any, error) {
	return func(_ context.Context, params modelParams) (any, error) {
		best := consumer.PeerManager.FindBestWorker(params.Model)
		if best == nil {
			return nil, fmt.Errorf("no worker of %s", params.Model)
		}
		return best.PeerID, nil
	}
}
