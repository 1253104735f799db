package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/health/grpc_health_v1"
)

// Breaks for users: over a network everybody on the way reads along, or a
// command trusts a stranger, or trusts nobody and cannot be told whom to.
func TestASelfSignedServerIsTrustedByWhoIsToldTo(t *testing.T) {
	s := &server{t: t, data: t.TempDir(), home: t.TempDir()}
	s.startWith("serve", "--data", s.data, "--http", "127.0.0.1:0", "--admin", "", "--partitions", "2", "--tls-self-signed")
	t.Cleanup(s.kill)
	if !strings.HasPrefix(s.url, "https://") {
		t.Fatalf("it is open at %s", s.url)
	}
	ca := filepath.Join(s.data, "tls-self-signed.pem")
	post := []string{"post", "lobby", "hello", "--user", "ann", "--join"}
	for name, trust := range map[string][]string{"authority": {"--ca", ca}, "anybody": {"--insecure-skip-verify"}} {
		if out, err := s.command(append(post, trust...)...).CombinedOutput(); err != nil {
			t.Errorf("%s: %v: %s", name, err, out)
		}
	}
	if out, err := s.command(post...).CombinedOutput(); err == nil || !strings.Contains(string(out), "--ca FILE") {
		t.Errorf("a stranger's certificate: %v: %s", err, out)
	}
	tail := s.command("tail", "--room", "lobby", "--data", s.data, "--count", "1")
	tail.Env = append(tail.Env, "OUTCRY_SERVER=")
	if out, err := tail.CombinedOutput(); err != nil || !strings.Contains(string(out), "ann") {
		t.Errorf("by the data folder over a WebSocket: %v: %s", err, out)
	}
	trusted, err := credentials.NewClientTLSFromFile(ca, "")
	if err != nil {
		t.Fatal(err)
	}
	conn, err := grpc.NewClient("passthrough:///"+strings.TrimPrefix(s.url, "https://"), grpc.WithTransportCredentials(trusted))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if a, err := grpc_health_v1.NewHealthClient(conn).Check(t.Context(), &grpc_health_v1.HealthCheckRequest{}); err != nil || a.GetStatus() != grpc_health_v1.HealthCheckResponse_SERVING {
		t.Errorf("by gRPC: %v, %v", a, err)
	}
	var f serverFile
	text, err := os.ReadFile(serverPath(s.data))
	if err == nil {
		err = json.Unmarshal(text, &f)
	}
	if err != nil || f.CA != ca {
		t.Errorf("server.json names %q, %v", f.CA, err)
	}
	s.stop()
}

// Breaks for users: a server that one believes encrypted is not.
func TestHalfATLSSettingIsRefused(t *testing.T) {
	for _, c := range []struct{ args, says string }{
		{"--tls-cert c.pem", "certificate and key come together"},
		{"--tls-cert c.pem --tls-key k.pem --tls-self-signed", "give one of them"},
	} {
		_, err := loaded(t, append(strings.Fields(c.args), "--data", t.TempDir())...)
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", c.args, err)
		}
	}
}
