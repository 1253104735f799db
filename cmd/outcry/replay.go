package main

import (
	"context"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"outcry/actors/host"
	"outcry/events"
	"outcry/internal/digest"
	"outcry/projections"
	outcryv1 "outcry/proto/outcry/v1"
)

func newReplay() *cobra.Command {
	r := &replay{config: newConfig()}
	cmd := &cobra.Command{Use: "replay --data DIR --verify", Short: "Fold the log again and compare with the running server", Args: needArgs(0, 0, ""),
		Long: `Fold the log of a data folder again, outside of the server that runs on it, and
compare the hash of every entity with the server's: once from the first record,
once from the newest checkpoint. Any difference is an error that names the entity.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := r.config.load(cmd); err != nil {
				return misuse(cmd, "%w", err)
			}
			if r.data = r.config.data; r.config.setting("data").origin.what == "default" {
				return misuse(cmd, "--data is needed: the folder of the running server")
			}
			if !r.verify {
				return misuse(cmd, "--verify is needed: there is nothing else to replay for yet")
			}
			return r.run(cmd)
		}}
	r.config.flags(cmd, "data", "log.kafka", "store")
	cmd.Flags().StringVar(&r.server, "server", os.Getenv("OUTCRY_SERVER"), "URL of the server; default: what it wrote into the data folder")
	cmd.Flags().BoolVar(&r.verify, "verify", false, "compare with the server's hashes")
	return cmd
}

type replay struct {
	address
	config *config
	verify bool
	log    events.Log // nil before the first partition
}

func (r *replay) run(cmd *cobra.Command) error {
	client, url, err := r.client()
	if err != nil {
		return err
	}
	ctx, out := cmd.Context(), cmd.OutOrStdout()
	info, err := client.Info(ctx, &outcryv1.InfoRequest{})
	if err != nil {
		return explain(err, url)
	}
	store, err := openStore(ctx, r.config, info.Lineage)
	if err != nil {
		return err
	}
	defer store.Close()
	defer r.close()
	entities, checkpointed := 0, 0
	for _, kind := range events.Kinds() {
		partitions := info.InstrumentPartitions
		if kind == events.Room {
			partitions = info.RoomPartitions
		}
		for p := range int32(partitions) {
			live, err := client.Hashes(ctx, &outcryv1.HashesRequest{Kind: kind.String(), Partition: p})
			if err != nil {
				return explain(err, url)
			}
			n, from, err := r.partition(ctx, store, kind, p, live)
			if err != nil {
				return err
			}
			entities += n
			if from {
				checkpointed++
			}
		}
	}
	_, err = fmt.Fprintf(out, "%d entities have the live hashes, folded from offset 0; so have they from the checkpoints of %d partitions\n", entities, checkpointed)
	return err
}

// partition folds one partition up to where the server stood, from 0 and from the newest checkpoint before that.
func (r *replay) partition(ctx context.Context, store projections.Store, kind events.Kind, partition int32, live *outcryv1.HashesResponse) (entities int, fromCheckpoint bool, err error) {
	if live.Offset < 0 {
		return 0, false, nil
	}
	log, err := r.reader(ctx)
	if err != nil {
		return 0, false, err
	}
	starts := []*projections.Checkpoint{nil}
	all, err := store.Checkpoints(ctx, kind, partition)
	if err != nil {
		return 0, false, fmt.Errorf("reading checkpoints: %w", err)
	}
	for i := range all {
		if all[i].Offset <= live.Offset {
			starts = append(starts, &all[i])
			break
		}
	}
	for _, from := range starts {
		hashes, err := host.Replay(ctx, log, kind, partition, from, store, live.Offset, nil)
		if err != nil {
			return 0, false, fmt.Errorf("replaying %s/%d: %w", kind, partition, err)
		}
		if err := compare(hashes, live.Hashes); err != nil {
			return 0, false, fmt.Errorf("%s/%d at offset %d: %w", kind, partition, live.Offset, err)
		}
	}
	return len(live.Hashes), len(starts) > 1, nil
}

// reader gives a log that holds what the server has folded by now. A reader of
// the embedded log holds what was there when it was opened, so it is opened anew.
func (r *replay) reader(ctx context.Context) (events.Log, error) {
	if r.log != nil && r.config.kafkaLog() {
		return r.log, nil
	}
	if err := r.close(); err != nil {
		return nil, err
	}
	log, err := readServedLog(ctx, r.config)
	if err != nil {
		return nil, err
	}
	r.log = log
	return log, nil
}

func (r *replay) close() error {
	if r.log == nil {
		return nil
	}
	err := r.log.Close()
	r.log = nil
	return err
}

func compare(replayed map[string]digest.Hash, live map[string]string) error {
	if len(replayed) != len(live) {
		return fmt.Errorf("the replay has %d entities, the server %d", len(replayed), len(live))
	}
	for id, h := range replayed {
		if h.String() != live[id] {
			return fmt.Errorf("%s has hash %s in the replay, %s in the server", id, h, live[id])
		}
	}
	return nil
}
