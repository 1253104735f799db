package signin

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"sync"
	"time"

	"gopkg.in/yaml.v3"

	"outcry/gateways/identity"
)

const (
	// keyPrefix tells an API key from a token.
	keyPrefix   = "outcry_"
	apiKeysMost = 10_000
	fileBytes   = 4 << 20
	// lookEvery is how often the file is looked at: a change holds everywhere within a second.
	lookEvery = 250 * time.Millisecond
)

// NewAPIKey makes a key of 130 random bits, and what stands for it in the file.
func NewAPIKey() (text, hash string) {
	text = keyPrefix + rand.Text()
	return text, hashOf(text)
}

// hashOf needs no salt and no slowness: a key is random, so it cannot be guessed from its hash.
func hashOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// apiKeysFile is the file as it is written.
type apiKeysFile struct {
	Keys []APIKey `yaml:"keys"`
}

// APIKey is an entry of the file.
type APIKey struct {
	// SHA256 of the key, hexadecimal.
	SHA256 string              `yaml:"sha256"`
	User   string              `yaml:"user"`
	Grants map[string][]string `yaml:"grants"`
	// Created says when it was made; a later revocation of the user voids it.
	Created time.Time `yaml:"created,omitempty"`
	// Expires is when it ends; absent is never.
	Expires time.Time `yaml:"expires,omitempty"`
}

// parseAPIKeys gives all faults at once.
func parseAPIKeys(text []byte) (map[string]*identity.Identity, error) {
	var file apiKeysFile
	d := yaml.NewDecoder(bytes.NewReader(text))
	d.KnownFields(true)
	if err := d.Decode(&file); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if len(file.Keys) > apiKeysMost {
		return nil, fmt.Errorf("%d keys, at most %d are possible", len(file.Keys), apiKeysMost)
	}
	keys := make(map[string]*identity.Identity, len(file.Keys))
	var faults []error
	for n, k := range file.Keys {
		i, err := k.identity()
		if err == nil && keys[i.Key] != nil {
			err = errors.New("the same hash stands there twice")
		}
		if err != nil {
			faults = append(faults, fmt.Errorf("key %d (%s): %w", n+1, k.User, err))
			continue
		}
		keys[i.Key] = i
	}
	return keys, errors.Join(faults...)
}

func (k *APIKey) identity() (*identity.Identity, error) {
	sum, err := hex.DecodeString(strings.ToLower(k.SHA256))
	if err != nil || len(sum) != sha256.Size {
		err = errors.New("sha256 must be 64 hexadecimal digits; outcry token --api-key makes them")
	} else {
		err = nil
	}
	grants, fault := identity.ParseGrants(k.Grants)
	if err := errors.Join(err, validUser(k.User), fault); err != nil {
		return nil, err
	}
	return &identity.Identity{User: k.User, Grants: grants, Issued: k.Created, Expires: k.Expires, Key: hex.EncodeToString(sum)}, nil
}

// apiKeys are those of a file that may change.
type apiKeys struct {
	path    string
	logger  *slog.Logger
	changed func()

	mu   sync.RWMutex
	keys map[string]*identity.Identity
	err  error  // of the newest reading
	text []byte // that was read last
}

// openAPIKeys reads the file; later faults change nothing, those at the start are an error.
func openAPIKeys(path string, logger *slog.Logger, changed func()) (*apiKeys, error) {
	k := &apiKeys{path: path, logger: logger, changed: changed}
	k.look()
	return k, k.err
}

func (k *apiKeys) run(ctx context.Context) {
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	var before os.FileInfo
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		now, err := os.Stat(k.path)
		same := err == nil && before != nil && os.SameFile(before, now) && now.ModTime().Equal(before.ModTime()) && now.Size() == before.Size()
		if before = now; err != nil {
			before = nil
		}
		if !same {
			k.look()
		}
	}
}

// look reads the file and takes it where it has no faults.
func (k *apiKeys) look() {
	text, err := readBounded(k.path)
	k.mu.Lock()
	defer k.mu.Unlock()
	if err == nil && k.err == nil && k.keys != nil && bytes.Equal(text, k.text) {
		return
	}
	var keys map[string]*identity.Identity
	if err == nil {
		keys, err = parseAPIKeys(text)
	}
	if err != nil {
		err = fmt.Errorf("reading API keys from %s: %w", k.path, err)
		if k.keys != nil && (k.err == nil || k.err.Error() != err.Error()) {
			k.logger.Error("the file of API keys has faults; the keys that were read before hold on", "err", err)
		}
		k.err = err
		return
	}
	if k.keys != nil {
		k.logger.Info("the file of API keys was read anew", "file", k.path, "keys", len(keys))
	}
	k.keys, k.text, k.err = keys, text, nil
	k.changed()
}

func (k *apiKeys) find(hash string) *identity.Identity {
	k.mu.RLock()
	defer k.mu.RUnlock()
	return k.keys[hash]
}

func (k *apiKeys) status() (keys int, err error) {
	k.mu.RLock()
	defer k.mu.RUnlock()
	return len(k.keys), k.err
}

// readBounded reads a file of settings.
func readBounded(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, fileBytes+1))
	switch {
	case err != nil:
		return nil, err
	case len(text) > fileBytes:
		return nil, fmt.Errorf("%s has more than %d bytes", path, fileBytes)
	}
	return text, nil
}
