package main

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	outcryv1 "outcry/proto/outcry/v1"
)

func newRevoke() *cobra.Command {
	var a address
	var asJSON bool
	cmd := &cobra.Command{Use: "revoke USER", Short: "End all connections of a user and void his tokens", Args: needArgs(1, 1, "a user is"),
		Long: `End all connections of a user, on every node, within a second, and void the
tokens and API keys that were made for him until now. With a token that is made
later he comes in again; an API key needs a newer "created" in its file.

It needs a token with the grant admin=*.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			client, url, err := a.client()
			if err != nil {
				return err
			}
			r, err := client.Revoke(cmd.Context(), &outcryv1.RevokeRequest{User: args[0]})
			if err != nil {
				return explain(err, url)
			}
			until := time.Unix(0, r.UntilNs).UTC().Format(time.RFC3339Nano)
			if asJSON {
				return json.NewEncoder(cmd.OutOrStdout()).Encode(map[string]string{"user": args[0], "until": until})
			}
			return printLine(cmd, fmt.Sprintf("what was issued to %s until %s is void", args[0], until))
		}}
	a.flags(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}
