package main

import (
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"outcry/projections/scylla"
)

func newMigrate() *cobra.Command {
	c, dry, asJSON := newConfig(), false, false
	cmd := &cobra.Command{Use: "migrate", Short: "Make or bring up to date the tables in ScyllaDB or Cassandra", Args: needArgs(0, 0, ""),
		Long: `Make the keyspace and its tables in ScyllaDB or Cassandra, or bring them up to
date. A server does the same when it starts; this is for those who want to see
before, or whose servers may not change a schema.

Any number of nodes may migrate at once: one does, the others wait. What a crash
left half-way is finished by the next run. A keyspace that is not Outcry's, or
of a newer version, is refused and stays as it is.`,
		Example: `  outcry migrate --scylla 10.0.0.1,10.0.0.2 --dry-run`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := c.load(cmd); err != nil {
				return misuse(cmd, "%w", err)
			}
			if !c.scyllaStore() {
				return misuse(cmd, "no nodes are named: give --scylla HOST,…, or their file with --config")
			}
			settings, err := c.scyllaConfig()
			if err != nil {
				return err
			}
			plan, err := scylla.Migrate(cmd.Context(), settings, dry)
			if err != nil {
				return err
			}
			if asJSON {
				return json.NewEncoder(cmd.OutOrStdout()).Encode(plan)
			}
			return printPlan(cmd, plan, dry)
		}}
	c.flags(cmd, "data", "log_level", "accept_weak", "store.scylla")
	cmd.Flags().SetNormalizeFunc(func(_ *pflag.FlagSet, name string) pflag.NormalizedName {
		if name == "keyspace" { // there is but one here
			name = "scylla-keyspace"
		}
		return pflag.NormalizedName(name)
	})
	cmd.Flags().BoolVar(&dry, "dry-run", false, "only say what is left to do")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object, with the statements")
	return cmd
}

func printPlan(cmd *cobra.Command, p *scylla.Plan, dry bool) error {
	w := cmd.OutOrStdout()
	_, err := fmt.Fprintf(w, "keyspace %s of cluster %s, %s copies in %s: version %d, this program's is %d\n",
		p.Keyspace, p.Cluster, p.Replication, p.Datacenter, p.From, p.To)
	if err != nil || len(p.Steps) == 0 {
		return err
	}
	verb := "done"
	if dry {
		verb = "left to do"
	}
	t := &table{columns: []string{"version", "step", "state"}, right: set("version")}
	for _, s := range p.Steps {
		t.add(strconv.Itoa(s.Version), s.Name, verb)
	}
	return t.text(w)
}
