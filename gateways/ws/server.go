package ws

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsflate"

	"outcry/gateways/fault"
	"outcry/gateways/identity"
	"outcry/gateways/limit"
	"outcry/gateways/pump"
	"outcry/gateways/relay/wire"
)

// Subprotocols, by encoding.
var subprotocols = [wire.Encodings]string{wire.Binary: "outcry.v1.proto", wire.JSON: "outcry.v1.json"}

// Config of a Server. Pumps is required.
type Config struct {
	Pumps *pump.Pumps
	// FrameBytes bounds a message of a client; default 64 KiB.
	FrameBytes int
	// Compress messages for clients that offer permessage-deflate.
	Compress bool
	Logger   *slog.Logger
}

const upgradeWithin = 10 * time.Second

// Server upgrades HTTP requests to WebSocket. It trusts that Host and Origin
// were checked (gateways/guard).
type Server struct {
	config Config
	group  sync.WaitGroup // a connection, and who watches the lot, each
	lot    lot
}

// NewServer makes a handler.
func NewServer(c Config) *Server {
	if c.FrameBytes == 0 {
		c.FrameBytes = 64 << 10
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	s := &Server{config: c}
	s.lot.group = &s.group
	return s
}

// Wait returns when no connection is left; Pumps.Stop ends them.
func (s *Server) Wait() { s.group.Wait() }

// ServeHTTP upgrades and returns; the connection lives on.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !strings.EqualFold(r.Header.Get("Upgrade"), "websocket") {
		w.Header().Set("Upgrade", "websocket")
		http.Error(w, "this address speaks WebSocket", http.StatusUpgradeRequired)
		return
	}
	encoding, ok := choose(r.Header.Values("Sec-WebSocket-Protocol"))
	if !ok {
		http.Error(w, fmt.Sprintf("ask for the subprotocol %s or %s", subprotocols[wire.Binary], subprotocols[wire.JSON]), http.StatusBadRequest)
		return
	}
	var extension *wsflate.Extension
	if s.config.Compress {
		extension = negotiation()
	}
	conn, early, _, err := upgrader(subprotocols[encoding], extension).Upgrade(r, w)
	if err != nil {
		s.config.Logger.Debug("websocket upgrade refused", "remote", r.RemoteAddr, "err", err)
		if conn != nil {
			_ = conn.Close() // gobwas has answered with the reason
		}
		return
	}
	s.serve(conn, early.Reader, framing{encoding, accepted(extension)}, limit.PeerOf(r.Context(), r.RemoteAddr), identity.Bearer(r.Header), limit.Hold(r.Context()))
}

// choose picks the first subprotocol that the client offers and we speak.
func choose(headers []string) (wire.Encoding, bool) {
	for _, h := range headers {
		for offered := range strings.SplitSeq(h, ",") {
			for e, name := range subprotocols {
				if strings.TrimSpace(offered) == name {
					return wire.Encoding(e), true
				}
			}
		}
	}
	return 0, false
}

// serve hands the connection to a pump and begins to read. early holds what
// the client sent behind its handshake; release gives back its address's place.
func (s *Server) serve(conn net.Conn, early *bufio.Reader, f framing, peer limit.Peer, bearer string, release func()) {
	c := &connection{server: s, conn: conn, raw: rawOf(conn), framing: f, controls: limit.NewBucket(controlsPerSecond), release: release}
	client, err := s.config.Pumps.Open(c.out(), &c.framing, f.encoding, pump.Peer{Transport: "ws", Peer: peer})
	if err != nil {
		refuse(conn, err)
		release()
		return
	}
	client.Bearer(bearer)
	c.client = client
	c.begin(buffered(early))
}

// buffered is a copy of what was read already: the reader is not kept.
func buffered(r *bufio.Reader) []byte {
	p, err := r.Peek(r.Buffered())
	if err != nil {
		panic("ws: buffered bytes are gone: " + err.Error())
	}
	return bytes.Clone(p)
}

// refuse says that there is no room, or that the server stops. Nothing else was sent, so it is written without waiting long.
func refuse(conn net.Conn, why error) {
	defer conn.Close()
	if err := conn.SetWriteDeadline(time.Now().Add(time.Second)); err != nil {
		return // the connection is gone already
	}
	code := ws.StatusGoingAway
	if errors.Is(why, pump.ErrFull) {
		code = ws.StatusCode(fault.CloseCode(pump.CodeOf(why)))
	}
	_, _ = conn.Write(closeFrame(code, why.Error())) // it is closed either way
}
