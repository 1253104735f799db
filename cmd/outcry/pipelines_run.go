package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"outcry/events/pipeline"
	"outcry/events/pipeline/topics"
	outcryv1 "outcry/proto/outcry/v1"
)

const (
	// pipelinesRetry is how long after trouble at their start pipelines are started again.
	pipelinesRetry = 10 * time.Second
	// filesEvery is how often the files of pipelines are looked at.
	filesEvery = 5 * time.Second
	// definitionWait bounds one question for an instrument's definition.
	definitionWait = 5 * time.Second
)

// makePipelines builds what is declared; a.reads must be there.
func (a *app) makePipelines() (err error) {
	env := pipelineEnv(a.config.loaded)
	env.Accepted = a.definition
	a.pipelines = make(map[string]*pipeline.Pipeline)
	for _, c := range a.config.pipelines {
		if c.Topic == "" {
			c.Topic = a.config.kafka.topicPrefix + c.WithDefaults().Topic
		}
		if a.pipelines[c.Name], err = pipeline.New(c, env); err != nil {
			return err
		}
	}
	return nil
}

// definition that the actors accepted; nil where there is none.
func (a *app) definition(id string) (*outcryv1.Definition, error) {
	ctx, cancel := context.WithTimeout(context.Background(), definitionWait)
	defer cancel()
	answer, err := a.reads.Latest(ctx, &outcryv1.LatestRequest{Instruments: []string{id}})
	if err != nil || len(answer.Instruments) == 0 {
		return nil, err
	}
	return answer.Instruments[0].Definition, nil
}

// startPipelines follows the raw topics, where there are brokers. stop ends
// them and waits until no batch is under way.
func (a *app) startPipelines(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var work sync.WaitGroup
	if len(a.pipelines) > 0 {
		work.Go(func() { a.reloadPipelines(ctx) })
	}
	switch brokers := a.config.rawBrokers(); {
	case len(a.pipelines) == 0:
	case len(brokers) == 0:
		a.config.logger.Info("pipelines take messages by POST /v1/ingest?pipeline=NAME only; with --raw-kafka they read topics")
	default:
		work.Go(func() { a.keepPipelines(ctx) })
	}
	return func() {
		cancel()
		work.Wait()
	}
}

// keepPipelines runs them until ctx ends. Raw topics that cannot be reached cost nothing else of the server.
func (a *app) keepPipelines(ctx context.Context) {
	for {
		err := a.runPipelines(ctx)
		if ctx.Err() != nil {
			return
		}
		a.config.logger.Error("pipelines do not run; they are started again", "error", err, "after", pipelinesRetry)
		select {
		case <-ctx.Done():
			return
		case <-time.After(pipelinesRetry):
		}
	}
}

func (a *app) runPipelines(ctx context.Context) (err error) {
	t, err := openTopics(a.config)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, t.Close()) }()
	var all []*pipeline.Pipeline
	var names []string
	for _, c := range a.config.pipelines {
		p := a.pipelines[c.Name]
		all, names = append(all, p), append(names, p.Config().Topic)
	}
	if err := t.Prepare(names); err != nil {
		return err
	}
	r, err := pipeline.NewRunner(pipeline.RunnerConfig{Pipelines: all, Source: t.Source(), Sink: a.ingest.Sink(), Poison: t, History: t,
		Observer: a.metrics.pipelines(), Logger: a.config.logger})
	if err != nil {
		return err
	}
	a.config.logger.Info("pipelines run", "topics", strings.Join(names, ", "))
	return r.Run(ctx)
}

// rawBrokers are those of the raw topics.
func (c *config) rawBrokers() []string {
	if len(c.raw) > 0 {
		return c.raw
	}
	return c.kafka.brokers
}

// openTopics connects to the raw topics, by the sign-in of log.kafka.
func openTopics(c *config) (*topics.Topics, error) {
	beside := *c
	beside.kafka.brokers = c.rawBrokers()
	if len(beside.kafka.brokers) == 0 {
		return nil, errors.New("no brokers are named: --raw-kafka HOST:PORT, or --kafka where the log is in Kafka too")
	}
	k, err := beside.kafkaConfig()
	if err != nil {
		return nil, err
	}
	instance, err := c.instance()
	if err != nil {
		return nil, err
	}
	return topics.Open(topics.Config{Brokers: k.Brokers, Configure: k.Secure, Prefix: k.Prefix, Instance: instance, Logger: c.logger})
}

// instance names this node: there is one process on a data folder, which is locked.
func (c *config) instance() (string, error) {
	host, err := os.Hostname()
	if err != nil {
		return "", fmt.Errorf("asking for the host's name: %w", err)
	}
	path, err := filepath.Abs(c.data)
	if err != nil {
		return "", fmt.Errorf("looking for the data folder: %w", err)
	}
	sum := sha256.Sum256([]byte(host + "\x00" + path))
	return "outcry-" + hex.EncodeToString(sum[:8]), nil
}

// reloadPipelines reads their files again when one has changed, and at SIGHUP.
func (a *app) reloadPipelines(ctx context.Context) {
	hangup := make(chan os.Signal, 1)
	signal.Notify(hangup, syscall.SIGHUP)
	defer signal.Stop(hangup)
	tick := time.NewTicker(filesEvery)
	defer tick.Stop()
	seen := a.filesState()
	for {
		asked := false
		select {
		case <-ctx.Done():
			return
		case <-hangup:
			asked = true
		case <-tick.C:
		}
		now := a.filesState()
		for name, p := range a.pipelines {
			if asked || now[name] != seen[name] {
				a.reload(name, p)
			}
		}
		seen = now
	}
}

func (a *app) reload(name string, p *pipeline.Pipeline) {
	if err := p.Reload(); err != nil {
		a.config.logger.Error("a pipeline's files have a fault; it goes on with what it read before", "pipeline", name, "error", err)
		return
	}
	a.config.logger.Info("a pipeline has read its files again", "pipeline", name)
}

// filesState is another text when a file of the pipeline has changed.
func (a *app) filesState() map[string]string {
	all := make(map[string]string, len(a.pipelines))
	for name, p := range a.pipelines {
		var b strings.Builder
		for _, file := range p.Config().Files() {
			if info, err := os.Stat(besideConfig(a.config.loaded, file)); err == nil {
				fmt.Fprintf(&b, "%s %d %d\n", file, info.Size(), info.ModTime().UnixNano())
			}
		}
		all[name] = b.String()
	}
	return all
}
