package control

import (
	"context"
	"fmt"
	"runtime"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
)

// pollInterval is how often streams are counted: a connection tells nobody when one is gone.
const pollInterval = 10 * time.Millisecond

func streamsOf(node network.Network) map[string]int {
	streams := map[string]int{}
	for _, connection := range node.Conns() {
		for _, stream := range connection.GetStreams() {
			streams[string(stream.Protocol())]++
		}
	}
	return streams
}

// CountsOf answers with the connections, streams and goroutines there are: what is left after a test is a leak.
func CountsOf(node network.Network) Method {
	return Of(func(context.Context, struct{}) (any, error) {
		return map[string]any{
			"connections": len(node.Conns()),
			"streams":     streamsOf(node),
			"goroutines":  runtime.NumGoroutine(),
		}, nil
	})
}

type quietParams struct {
	Protocol  string `json:"protocol"`
	TimeoutMs int    `json:"timeoutMs"`
}

// QuietOf answers when no stream of a protocol is open.
func QuietOf(node network.Network) Method {
	return Of(func(ctx context.Context, params quietParams) (any, error) {
		ctx, cancel := context.WithTimeout(ctx, time.Duration(params.TimeoutMs)*time.Millisecond)
		defer cancel()
		ticker := time.NewTicker(pollInterval)
		defer ticker.Stop()
		for {
			open := streamsOf(node)[params.Protocol]
			if open == 0 {
				return true, nil
			}
			select {
			case <-ticker.C:
			case <-ctx.Done():
				return nil, fmt.Errorf("%d streams of %s are still open", open, params.Protocol)
			}
		}
	})
}
