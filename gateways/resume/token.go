package resume

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"golang.org/x/crypto/chacha20poly1305"
	"google.golang.org/protobuf/proto"

	outcryv1 "outcry/proto/outcry/v1"
)

// Most is how many bytes a token may have.
const Most = 8 << 10

// Why a token is not made or not taken.
var (
	ErrTooLarge = errors.New("what is subscribed to does not fit into a token")
	ErrInvalid  = errors.New("the token is damaged, or sealed with a key that is not known here")
	ErrExpired  = errors.New("the token has expired")
	ErrForeign  = errors.New("the token is somebody else's")
)

// A token: this version, the key's id (4 bytes), the nonce, and what is sealed. The first
// two are sealed with it.
const (
	version = 1
	head    = 1 + 4
)

// Seal makes a token. A nonce of 24 bytes may be random: nodes need not agree on any.
func (k *Keys) Seal(state *outcryv1.ResumeState) ([]byte, error) {
	plain, err := proto.Marshal(state)
	if err != nil {
		return nil, fmt.Errorf("marshalling a token: %w", err)
	}
	sealing := k.ring.Load().first
	if head+chacha20poly1305.NonceSizeX+len(plain)+chacha20poly1305.Overhead > Most {
		return nil, ErrTooLarge
	}
	token := binary.BigEndian.AppendUint32([]byte{version}, sealing.id)
	nonce := make([]byte, chacha20poly1305.NonceSizeX)
	_, _ = rand.Read(nonce) // never fails: it ends the process instead
	token = append(token, nonce...)
	return sealing.aead.Seal(token, nonce, plain, token[:head]), nil
}

// Open reads a token for a user who has proved to be that. The errors are those above.
func (k *Keys) Open(token []byte, user string, now time.Time) (*outcryv1.ResumeState, error) {
	if len(token) > Most || len(token) < head+chacha20poly1305.NonceSizeX || token[0] != version {
		return nil, ErrInvalid
	}
	sealed := k.ring.Load().all[binary.BigEndian.Uint32(token[1:])]
	if sealed == nil {
		return nil, ErrInvalid
	}
	nonce, rest := token[head:head+chacha20poly1305.NonceSizeX], token[head+chacha20poly1305.NonceSizeX:]
	plain, err := sealed.aead.Open(nil, nonce, rest, token[:head])
	if err != nil {
		return nil, ErrInvalid
	}
	state := new(outcryv1.ResumeState)
	switch err := proto.Unmarshal(plain, state); {
	case err != nil:
		return nil, fmt.Errorf("%w: %w", ErrInvalid, err)
	case state.GetUser() != user:
		return nil, ErrForeign
	case now.UnixNano() >= state.GetExpiresNs():
		return nil, ErrExpired
	}
	return state, nil
}
