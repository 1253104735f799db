package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"outcry/gateways/identity/signin"
)

// minting is what outcry token is asked for.
type minting struct {
	user             string
	grants           []string
	life             time.Duration
	key, data        string
	keyID            string
	issuer, audience string
	grantsClaim      string
	apiKey           bool
	keysFile         string
	json             bool
}

func newToken() *cobra.Command {
	m := &minting{}
	cmd := &cobra.Command{Use: "token --user NAME --grant VERB=PATTERN", Short: "Make a token or an API key", Args: needArgs(0, 0, ""),
		Long: `Make a token that a server takes: for trying things out, for tests, and for
programs on machines of one's own. It is signed with a secret, which is made
if it is not there, or with a private key (PEM: RSA, EC P-256, Ed25519).

The server needs the same secret (auth.secret_file), or the public key
(auth.public_keys_file). Verbs are see, post, moderate, ingest and admin; a
pattern is an id in which * stands for any characters.

  outcry token --user ann --grant 'see=*' --grant 'post=*' --ttl 12h

With --api-key a key is made that has no end by itself; the server finds its
hash in auth.api_keys_file.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if m.user == "" {
				return misuse(cmd, "--user is needed: who the token is for")
			}
			grants, err := parseGrants(m.grants)
			if err != nil {
				return misuse(cmd, "--grant: %w", err)
			}
			if m.apiKey {
				return m.makeKey(cmd, grants)
			}
			return m.makeToken(cmd, grants)
		}}
	f := cmd.Flags()
	f.StringVar(&m.user, "user", "", "who it is for")
	f.StringSliceVar(&m.grants, "grant", nil, "VERB=PATTERN; may be repeated; none: it may nothing")
	f.DurationVar(&m.life, "ttl", 12*time.Hour, "how long the token holds; of an API key, 0 is without end")
	f.StringVar(&m.key, "key", os.Getenv("OUTCRY_AUTH_SECRET_FILE"), "file of the secret or private key; default: auth.secret in the data folder")
	f.StringVar(&m.data, "data", envOr("OUTCRY_DATA", defaultData()), "data folder, for the default of --key")
	f.StringVar(&m.keyID, "kid", "", "id of the key (kid), where the server has several")
	f.StringVar(&m.issuer, "issuer", "", "issuer (iss), where the server wants one")
	f.StringVar(&m.audience, "audience", "", "audience (aud), where the server wants one")
	f.StringVar(&m.grantsClaim, "grants-claim", "outcry", "claim of the grants, as the server's auth.grants_claim")
	f.BoolVar(&m.apiKey, "api-key", false, "make an API key")
	f.StringVar(&m.keysFile, "file", "", "with --api-key: file to add the key's hash to")
	f.BoolVar(&m.json, "json", false, "print JSON")
	return cmd
}

func (m *minting) makeToken(cmd *cobra.Command, grants map[string][]string) error {
	path := m.key
	if path == "" {
		path = filepath.Join(m.data, "auth.secret")
	}
	material, made, err := secretAt(path)
	if err != nil {
		return err
	}
	if made {
		fmt.Fprintf(cmd.ErrOrStderr(), "made a secret: %s (only you can read it)\n", path)
	}
	now := time.Now()
	text, err := signin.Mint(material, signin.Claims{User: m.user, Grants: grants, Issuer: m.issuer, Audience: m.audience, Issued: now,
		Life: m.life, KeyID: m.keyID, GrantsClaim: m.grantsClaim})
	if err != nil {
		return fmt.Errorf("making a token with %s: %w", path, err)
	}
	if m.json {
		return json.NewEncoder(cmd.OutOrStdout()).Encode(map[string]any{"token": text, "user": m.user, "expires": now.Add(m.life).UTC().Format(time.RFC3339)})
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "a token of %s until %s; use it so:\n  outcry serve --auth-secret-file %s\n  export OUTCRY_TOKEN=…; outcry tail …\nor paste it into the page\n",
		m.user, now.Add(m.life).Format(time.RFC3339), path)
	return printLine(cmd, text)
}

// secretAt reads a key, or makes a secret where there is no file.
func secretAt(path string) (material []byte, made bool, err error) {
	material, err = os.ReadFile(path)
	if err == nil || !errors.Is(err, fs.ErrNotExist) {
		return material, false, err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, false, fmt.Errorf("making a secret: %w", err)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, false, fmt.Errorf("making a secret: %w", err)
	}
	material = signin.NewSecret()
	_, err = f.Write(material)
	if err := errors.Join(err, f.Close()); err != nil {
		return nil, false, fmt.Errorf("making a secret: %w", err)
	}
	return material, true, nil
}

func (m *minting) makeKey(cmd *cobra.Command, grants map[string][]string) error {
	text, hash := signin.NewAPIKey()
	now := time.Now().UTC().Truncate(time.Second)
	entry := signin.APIKey{SHA256: hash, User: m.user, Grants: grants, Created: now}
	if cmd.Flags().Changed("ttl") && m.life > 0 {
		entry.Expires = now.Add(m.life)
	}
	if m.keysFile != "" {
		if err := signin.AddAPIKey(m.keysFile, entry); err != nil {
			return err
		}
	}
	if m.json {
		return json.NewEncoder(cmd.OutOrStdout()).Encode(map[string]any{"key": text, "user": m.user, "sha256": hash})
	}
	if m.keysFile != "" {
		fmt.Fprintf(cmd.ErrOrStderr(), "an API key of %s; its hash is in %s, the key itself nowhere: keep it\n", m.user, m.keysFile)
	} else {
		shown, err := entry.YAML()
		if err != nil {
			return err
		}
		fmt.Fprintf(cmd.ErrOrStderr(), "an API key of %s; keep it. For the server's auth.api_keys_file, below keys:\n%s", m.user, shown)
	}
	return printLine(cmd, text)
}
