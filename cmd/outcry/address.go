package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"outcry/gateways/rpc"
	"outcry/proto/outcry/v1/outcryv1connect"
)

const defaultServer = "http://127.0.0.1:8080"

// address says where the server is: --server, else what the server of --data
// wrote into its folder, else the default.
type address struct {
	server, data, token string
	as                  string // who asks, where nobody signs in
	trust
}

func (a *address) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&a.server, "server", os.Getenv("OUTCRY_SERVER"), "URL of the server (default "+defaultServer+")")
	cmd.Flags().StringVar(&a.data, "data", "", "data folder of a server on this machine, instead of --server")
	a.trust.flags(cmd)
	cmd.Flags().StringVar(&a.token, "token", "", "token or API key, where the server wants one; better in OUTCRY_TOKEN, since others see command lines")
}

// naming lets reads say whose they are.
func (a *address) naming(cmd *cobra.Command) {
	cmd.Flags().StringVar(&a.as, "user", "", "who asks, where nobody signs in: for private rooms")
}

// serverFile is what a server writes into its data folder.
type serverFile struct {
	HTTP  string `json:"http"`
	Admin string `json:"admin,omitempty"` // empty: off
	CA    string `json:"ca,omitempty"`    // file of a certificate that vouches for itself
	PID   int    `json:"pid"`
}

func serverPath(data string) string { return filepath.Join(data, "server.json") }

func (a *address) url() (string, error) {
	if a.server != "" {
		if !strings.Contains(a.server, "://") {
			return "http://" + a.server, nil // as people type it: 127.0.0.1:8080
		}
		return a.server, nil
	}
	if a.data == "" {
		return defaultServer, nil
	}
	f, err := readServerFile(a.data)
	return f.HTTP, err
}

func readServerFile(data string) (f serverFile, err error) {
	text, err := os.ReadFile(serverPath(data))
	if errors.Is(err, fs.ErrNotExist) {
		return f, fmt.Errorf("no server has run on %s: there is no server.json in it", data)
	}
	if err != nil {
		return f, fmt.Errorf("reading the server's address: %w", err)
	}
	if err := json.Unmarshal(text, &f); err != nil {
		return f, fmt.Errorf("reading %s: %w", serverPath(data), err)
	}
	return f, nil
}

func (a *address) client() (c outcryv1connect.OutcryClient, url string, err error) {
	url, err = a.url()
	if err != nil {
		return nil, "", err
	}
	over, err := a.connections()
	if err != nil {
		return nil, "", err
	}
	return rpc.NewClientOver(over, url, a.bearer(), a.as), url, nil
}

// bearer is the token that the server is shown; empty where there is none.
func (a *address) bearer() string {
	if a.token != "" {
		return a.token
	}
	return os.Getenv("OUTCRY_TOKEN")
}

// explain adds to an error of a call what one can do about it.
func explain(err error, url string) error {
	if rpc.Unreachable(err) {
		return unanswered(url, err)
	}
	return untrusted(err)
}

func unanswered(url string, err error) error {
	if told := untrusted(err); told != err {
		return told
	}
	return fmt.Errorf("no server answers at %s: start one with \"outcry serve\", or say where it is with --server or --data (%w)", url, err)
}
