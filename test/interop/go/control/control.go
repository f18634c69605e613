// Package control lets another process drive a peer: JSON lines on stdin and stdout. The first line out is what the peer says of
// itself when it is ready; then every line in is a call and is answered by one line, in the order in which calls end.
package control

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"sync"
	"syscall"
)

// Method answers one call. Its result is written as JSON.
type Method func(ctx context.Context, params json.RawMessage) (any, error)

// Of makes a Method of a function whose parameters are decoded from JSON.
func Of[P any](answer func(ctx context.Context, params P) (any, error)) Method {
	return func(ctx context.Context, raw json.RawMessage) (any, error) {
		var params P
		if len(raw) > 0 {
			if err := json.Unmarshal(raw, &params); err != nil {
				return nil, fmt.Errorf("parameters: %w", err)
			}
		}
		return answer(ctx, params)
	}
}

type call struct {
	Call   uint64          `json:"call"`
	Method string          `json:"method"`
	Params json.RawMessage `json:"params"`
}

type reply struct {
	Call   uint64 `json:"call"`
	Result any    `json:"result"`
	Error  string `json:"error,omitempty"`
}

// maxLine is the longest line that is read, in bytes.
const maxLine = 1 << 20

// Context ends with SIGTERM or SIGINT.
func Context() (context.Context, context.CancelFunc) {
	return signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
}

// Serve writes ready and answers calls until stdin is closed or ctx ends.
func Serve(ctx context.Context, ready map[string]any, methods map[string]Method) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var lock sync.Mutex
	out := json.NewEncoder(os.Stdout)
	say := func(line any) error {
		lock.Lock()
		defer lock.Unlock()
		return out.Encode(line)
	}
	ready["ready"] = true
	if err := say(ready); err != nil {
		return fmt.Errorf("stdout: %w", err)
	}

	lines := make(chan []byte)
	go func() {
		defer close(lines)
		scanner := bufio.NewScanner(os.Stdin)
		scanner.Buffer(nil, maxLine)
		for scanner.Scan() {
			lines <- append([]byte(nil), scanner.Bytes()...)
		}
	}()
	for {
		select {
		case <-ctx.Done():
			return nil
		case line, open := <-lines:
			if !open {
				return nil
			}
			var asked call
			if err := json.Unmarshal(line, &asked); err != nil {
				return fmt.Errorf("stdin: %w", err)
			}
			go func() {
				if err := say(answer(ctx, asked, methods)); err != nil {
					cancel()
				}
			}()
		}
	}
}

func answer(ctx context.Context, asked call, methods map[string]Method) reply {
	method, known := methods[asked.Method]
	if !known {
		return reply{Call: asked.Call, Error: fmt.Sprintf("no method %q", asked.Method)}
	}
	result, err := method(ctx, asked.Params)
	if err != nil {
		return reply{Call: asked.Call, Error: err.Error()}
	}
	return reply{Call: asked.Call, Result: result}
}

// Main runs a program and ends the process: status 1 with the reason on stderr where it failed.
func Main(run func(ctx context.Context) error) {
	ctx, cancel := Context()
	err := run(ctx)
	cancel()
	if err != nil && !errors.Is(err, context.Canceled) {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
