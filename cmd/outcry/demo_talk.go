package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/google/uuid"

	"outcry/bench/talk"
	"outcry/internal/decimal"
	outcryv1 "outcry/proto/outcry/v1"
)

// talkEvery is the mean time between two acts of all people.
const talkEvery = 4 * time.Second

// runTalk lets the demo's people talk until ctx ends, each time about an
// instrument that pick gives; they keep silent while it gives none.
func runTalk(ctx context.Context, a *app, seed uint64, pick func() string) error {
	t := talk.New(seed)
	rng := rand.New(rand.NewPCG(seed, 1))
	for _, act := range t.Setup() {
		if _, err := a.act(ctx, act); err != nil {
			return err
		}
	}
	for {
		wait := time.Duration(rng.ExpFloat64() * float64(talkEvery))
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(min(wait, 4*talkEvery)):
		}
		id := pick()
		if id == "" {
			continue
		}
		symbol, price, err := a.topic(ctx, id)
		if err != nil {
			return err
		}
		act := t.Next(symbol, price)
		answer, err := a.act(ctx, act)
		if err != nil {
			return err
		}
		if answer.Seq > 0 {
			t.Said(act, answer.Seq)
		}
	}
}

// act submits what one person does. A refusal is the room's right and costs only the act.
func (a *app) act(ctx context.Context, act talk.Act) (*outcryv1.Answer, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return nil, fmt.Errorf("making an id: %w", err)
	}
	act.Command.Room, act.Command.ClientMsgId = act.Room, id[:]
	answer, err := a.commands.SubmitWait(ctx, act.User, false, act.Command)
	if err != nil && ctx.Err() == nil {
		return nil, fmt.Errorf("talking: %w", err)
	}
	if answer == nil { // the demo is being stopped
		return &outcryv1.Answer{}, nil
	}
	if e := answer.Error; e != nil {
		a.config.logger.Debug("demo's talk was refused", "room", act.Room, "code", e.Code, "text", e.Text)
	}
	return answer, nil
}

// topic is what people talk about: a symbol and its price.
func (a *app) topic(ctx context.Context, id string) (symbol, price string, err error) {
	answer, err := a.reads.Latest(ctx, &outcryv1.LatestRequest{Instruments: []string{id}})
	if err != nil {
		if ctx.Err() != nil {
			return "", "", nil
		}
		return "", "", err
	}
	_, symbol, _ = strings.Cut(id, ":")
	price = "?"
	for _, l := range answer.Instruments {
		if l.Trade != nil {
			price = decimal.Format(l.Trade.Price, l.GetDefinition().GetPriceExponent())
		}
	}
	return symbol, price, nil
}
