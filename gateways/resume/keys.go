package resume

import (
	"bytes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"sync"
	"sync/atomic"

	"golang.org/x/crypto/chacha20poly1305"
)

// keysMost bounds a key file: older ones than the last few open nothing any more.
const keysMost = 16

// Keys seal and open tokens.
type Keys struct {
	ring atomic.Pointer[ring]
	file string
	mu   struct {
		sync.Mutex
		text []byte // of the file, as it was read last
	}
}

// ring is one state of the keys.
type ring struct {
	first *key // seals
	all   map[uint32]*key
}

type key struct {
	id   uint32
	aead cipher.AEAD
}

// Parse reads keys: one a line, 32 bytes in base64, the first one seals. Empty lines and
// what follows # are left out.
func Parse(text []byte) (*Keys, error) {
	k := new(Keys)
	return k, k.Set(text)
}

// Set puts other keys in place of those that are there; after an error they are as before.
func (k *Keys) Set(text []byte) error {
	r := &ring{all: map[uint32]*key{}}
	n := 0
	for line := range strings.Lines(string(text)) {
		n++
		line, _, _ = strings.Cut(line, "#")
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		if err := r.add(line); err != nil {
			return fmt.Errorf("line %d: %w", n, err)
		}
	}
	if r.first == nil {
		return errors.New("there is no key; one line of 32 random bytes in base64 is wanted")
	}
	k.ring.Store(r)
	return nil
}

func (r *ring) add(text string) error {
	secret, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(secret) != chacha20poly1305.KeySize {
		return fmt.Errorf("a key is %d bytes in base64", chacha20poly1305.KeySize)
	}
	aead, err := chacha20poly1305.NewX(secret)
	if err != nil {
		return fmt.Errorf("making the cipher: %w", err)
	}
	sum := sha256.Sum256(secret)
	one := &key{id: binary.BigEndian.Uint32(sum[:]), aead: aead}
	switch {
	case r.all[one.id] != nil:
		return errors.New("the key stands there twice")
	case len(r.all) == keysMost:
		return fmt.Errorf("at most %d keys", keysMost)
	case r.first == nil:
		r.first = one
	}
	r.all[one.id] = one
	return nil
}

// Generate makes the text of a key file with one new key.
func Generate() []byte {
	secret := make([]byte, chacha20poly1305.KeySize)
	_, _ = rand.Read(secret) // never fails: it ends the process instead
	return []byte("# Keys of resume tokens, one a line: the first seals, all open.\n" + base64.StdEncoding.EncodeToString(secret) + "\n")
}

// OpenFile reads a key file. With create, one that is not there is made.
func OpenFile(path string, create bool) (*Keys, error) {
	k := &Keys{file: path}
	err := k.Refresh()
	if create && errors.Is(err, fs.ErrNotExist) {
		if err = makeFile(path); err == nil {
			err = k.Refresh()
		}
	}
	return k, err
}

func makeFile(path string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("making a key file: %w", err)
	}
	_, err = f.Write(Generate())
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	return nil
}

// Refresh reads the file again. After an error the keys are as before.
func (k *Keys) Refresh() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	text, err := os.ReadFile(k.file)
	if err != nil {
		return fmt.Errorf("reading keys: %w", err)
	}
	if bytes.Equal(text, k.mu.text) {
		return nil
	}
	if err := k.Set(text); err != nil {
		return fmt.Errorf("reading keys of %s: %w", k.file, err)
	}
	k.mu.text = text
	return nil
}
