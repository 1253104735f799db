package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// proxyWithin is how long haproxy may take to be open.
const proxyWithin = 10 * time.Second

// proxyConfig passes everything on as HTTP, as in front of a house, with buffers as they come.
const proxyConfig = `defaults
  mode http
  timeout connect 5s
  timeout client 1m
  timeout server 1m
  timeout tunnel 1h
frontend clients
  bind %s
  default_backend outcry
backend outcry
  server one %s
`

// throughProxy starts haproxy in front of an address, and gives the one that it has.
func throughProxy(ctx context.Context, program, target string) (address string, stop func(), err error) {
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, fmt.Errorf("looking for a port for haproxy: %w", err)
	}
	address = free.Addr().String()
	if err := free.Close(); err != nil {
		return "", nil, fmt.Errorf("freeing a port for haproxy: %w", err)
	}
	dir, err := os.MkdirTemp("", "outcry-haproxy-")
	if err != nil {
		return "", nil, fmt.Errorf("configuring haproxy: %w", err)
	}
	file := filepath.Join(dir, "haproxy.cfg")
	if err := os.WriteFile(file, fmt.Appendf(nil, proxyConfig, address, target), 0o600); err != nil {
		return "", nil, errors.Join(fmt.Errorf("configuring haproxy: %w", err), os.RemoveAll(dir))
	}
	cmd := exec.Command(program, "-db", "-f", file)
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		return "", nil, errors.Join(fmt.Errorf("starting haproxy: %w", err), os.RemoveAll(dir))
	}
	stop = func() {
		_ = cmd.Process.Kill() // it is gone already, else
		_ = cmd.Wait()         // it was killed, and says so
		_ = os.RemoveAll(dir)  // a temporary folder
	}
	if err := opened(ctx, address); err != nil {
		stop()
		return "", nil, fmt.Errorf("waiting for haproxy: %w", err)
	}
	return address, stop, nil
}

// opened waits until something accepts connections at an address.
func opened(ctx context.Context, address string) error {
	ctx, cancel := context.WithTimeout(ctx, proxyWithin)
	defer cancel()
	for {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", address)
		if err == nil {
			return conn.Close()
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(20 * time.Millisecond):
		}
	}
}
