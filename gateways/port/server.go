package port

import (
	"net/http"
	"time"
)

// Limits of HTTP that are not worth a setting.
const (
	headersWithin = 10 * time.Second // where the caller sets no ReadHeaderTimeout of its own
	idleFor       = 2 * time.Minute
	// streams of one HTTP/2 connection at a time.
	streams = 100
	// What one stream, and one connection with all its streams, may have sent that nobody has read yet.
	streamBytes     = 256 << 10
	connectionBytes = 1 << 20
	// frameBytes of HTTP/2: a connection keeps a buffer of the longest frame it has read. The least that the protocol allows.
	frameBytes = 16 << 10
)

// NewServer makes a server of all that the port speaks; over TLS where there is
// a certificate, with ServeTLS("", "").
func NewServer(h http.Handler, c *Certificate) *http.Server {
	p := &http.Protocols{}
	p.SetHTTP1(true)
	p.SetHTTP2(true)
	p.SetUnencryptedHTTP2(true)
	s := &http.Server{Handler: h, ReadHeaderTimeout: headersWithin, IdleTimeout: idleFor, Protocols: p,
		HTTP2: &http.HTTP2Config{MaxConcurrentStreams: streams, MaxReadFrameSize: frameBytes,
			MaxReceiveBufferPerStream: streamBytes, MaxReceiveBufferPerConnection: connectionBytes}}
	if c != nil {
		s.TLSConfig = c.TLS()
	}
	return s
}
