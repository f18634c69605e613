// Command libp2p runs a plain peer of go-libp2p: identify, ping, a server of the DHT under a protocol of its own, and an echo.
// Driven as package control says.
package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/ipfs/go-cid"
	"github.com/libp2p/go-libp2p"
	dht "github.com/libp2p/go-libp2p-kad-dht"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"
	"github.com/libp2p/go-libp2p/p2p/protocol/ping"

	"peerbandit/interop/control"
)

// echoProtocol sends back what comes, until its end.
const echoProtocol = "/peerbandit-interop/echo/1.0.0"

func main() { control.Main(run) }

type node struct {
	host host.Host
	dht  *dht.IpfsDHT
}

func run(ctx context.Context) error {
	prefix := flag.String("dht-prefix", "/peerbandit", "the DHT's protocol is this and /kad/1.0.0")
	agent := flag.String("agent", "go-libp2p-interop/1.0.0", "agent version for identify")
	unlimited := flag.Bool("unlimited", false, "no limits instead of go-libp2p's default ones")
	flag.Parse()

	options := []libp2p.Option{libp2p.ListenAddrStrings("/ip4/127.0.0.1/tcp/0"), libp2p.UserAgent(*agent)}
	if *unlimited {
		options = append(options, libp2p.ResourceManager(&network.NullResourceManager{}))
	}
	self, err := libp2p.New(options...)
	if err != nil {
		return fmt.Errorf("host: %w", err)
	}
	defer func() { _ = self.Close() }()
	table, err := dht.New(self, dht.Mode(dht.ModeServer), dht.ProtocolPrefix(protocol.ID(*prefix)))
	if err != nil {
		return fmt.Errorf("DHT: %w", err)
	}
	defer func() { _ = table.Close() }()
	self.SetStreamHandler(echoProtocol, echo)

	this := node{host: self, dht: table}
	addresses := []string{}
	for _, address := range self.Addrs() {
		addresses = append(addresses, fmt.Sprintf("%s/p2p/%s", address, self.ID()))
	}
	return control.Serve(ctx, map[string]any{"id": self.ID().String(), "addresses": addresses}, map[string]control.Method{
		"connect":       control.Of(this.connect),
		"identified":    control.Of(this.identified),
		"ping":          control.Of(this.ping),
		"provide":       control.Of(this.provide),
		"findProviders": control.Of(this.findProviders),
		"echo":          control.Of(this.echo),
		"counts":        control.CountsOf(self.Network()),
		"quiet":         control.QuietOf(self.Network()),
	})
}

func echo(stream network.Stream) {
	if _, err := io.Copy(stream, stream); err != nil {
		_ = stream.Reset()
		return
	}
	_ = stream.Close()
}

type addressParams struct {
	Address string `json:"address"`
}

func (n node) connect(ctx context.Context, params addressParams) (any, error) {
	info, err := peer.AddrInfoFromString(params.Address)
	if err != nil {
		return nil, fmt.Errorf("address: %w", err)
	}
	if err := n.host.Connect(ctx, *info); err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	return info.ID.String(), nil
}

type peerParams struct {
	Peer peer.ID `json:"peer"`
}

// identified tells what a connected peer said of itself.
func (n node) identified(_ context.Context, params peerParams) (any, error) {
	agent, err := n.host.Peerstore().Get(params.Peer, "AgentVersion")
	if err != nil {
		return nil, fmt.Errorf("agent version: %w", err)
	}
	protocols, err := n.host.Peerstore().GetProtocols(params.Peer)
	if err != nil {
		return nil, fmt.Errorf("protocols: %w", err)
	}
	return map[string]any{"agentVersion": agent, "protocols": protocols}, nil
}

// ping answers with a round trip in ms.
func (n node) ping(ctx context.Context, params peerParams) (any, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	result, open := <-ping.Ping(ctx, n.host, params.Peer)
	if !open {
		return nil, errors.New("ping ended without a result")
	}
	if result.Error != nil {
		return nil, fmt.Errorf("ping: %w", result.Error)
	}
	return float64(result.RTT) / float64(time.Millisecond), nil
}

type cidParams struct {
	Cid   string `json:"cid"`
	Count int    `json:"count"`
}

// tableTimeout is how long a look at the routing table goes on, tableInterval how often it is made.
const (
	tableTimeout  = 30 * time.Second
	tableInterval = 10 * time.Millisecond
)

// awaitTable returns when a server of the DHT is in the routing table: a peer comes into it some time after it was identified.
func (n node) awaitTable(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, tableTimeout)
	defer cancel()
	ticker := time.NewTicker(tableInterval)
	defer ticker.Stop()
	for n.dht.RoutingTable().Size() == 0 {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return fmt.Errorf("no server of the DHT: %w", ctx.Err())
		}
	}
	return nil
}

// provide writes a record to the servers of the DHT.
func (n node) provide(ctx context.Context, params cidParams) (any, error) {
	key, err := cid.Decode(params.Cid)
	if err != nil {
		return nil, fmt.Errorf("cid: %w", err)
	}
	if err := n.awaitTable(ctx); err != nil {
		return nil, err
	}
	if err := n.dht.Provide(ctx, key, true); err != nil {
		return nil, fmt.Errorf("provide: %w", err)
	}
	return true, nil
}

type provider struct {
	ID        string   `json:"id"`
	Addresses []string `json:"addresses"`
}

// findProviders makes one look-up, of its own records and those of others.
func (n node) findProviders(ctx context.Context, params cidParams) (any, error) {
	key, err := cid.Decode(params.Cid)
	if err != nil {
		return nil, fmt.Errorf("cid: %w", err)
	}
	found := []provider{}
	for info := range n.dht.FindProvidersAsync(ctx, key, params.Count) {
		addresses := []string{}
		for _, address := range info.Addrs {
			addresses = append(addresses, address.String())
		}
		found = append(found, provider{ID: info.ID.String(), Addresses: addresses})
	}
	return found, nil
}

type echoParams struct {
	Peer    peer.ID `json:"peer"`
	Streams int     `json:"streams"`
	Bytes   int     `json:"bytes"`
}

// echo opens so many streams at once and sends so many random bytes over each. It answers with how many came back as
// they were, and what befell the others, each text once.
func (n node) echo(ctx context.Context, params echoParams) (any, error) {
	var lock sync.Mutex
	var group sync.WaitGroup
	whole, failed := 0, map[string]bool{}
	for range params.Streams {
		group.Go(func() {
			err := n.echoOnce(ctx, params.Peer, params.Bytes)
			lock.Lock()
			defer lock.Unlock()
			if err != nil {
				failed[err.Error()] = true
			} else {
				whole++
			}
		})
	}
	group.Wait()
	failures := slices.AppendSeq([]string{}, maps.Keys(failed))
	return map[string]any{"whole": whole, "failures": failures}, nil
}

func (n node) echoOnce(ctx context.Context, to peer.ID, size int) error {
	stream, err := n.host.NewStream(ctx, to, echoProtocol)
	if err != nil {
		return fmt.Errorf("open: %w", err)
	}
	sent := make([]byte, size)
	_, _ = rand.Read(sent)
	written := make(chan error, 1)
	go func() {
		_, err := stream.Write(sent)
		if err == nil {
			err = stream.CloseWrite()
		}
		written <- err
	}()
	got, err := io.ReadAll(io.LimitReader(stream, int64(size)+1))
	if err == nil {
		err = <-written
	}
	if err != nil {
		_ = stream.Reset()
		return fmt.Errorf("echo: %w", err)
	}
	if !bytes.Equal(sent, got) {
		_ = stream.Reset()
		return fmt.Errorf("%d bytes came back as %d others", len(sent), len(got))
	}
	_ = stream.Close()
	return nil
}
