package binance

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"outcry/internal/feed"
)

// rest asks the exchange for what its streams do not tell.
type rest struct {
	base   string
	client *http.Client
	// recent: older trades are refused without a key, so the newest are asked for.
	recent atomic.Bool
}

const (
	// pageOfTrades at a time; what is more than the exchange allows it cuts itself.
	pageOfTrades = 1000
	pageBytes    = 4 << 20
	symbolsBytes = 64 << 20
	restTries    = 4
	restTime     = 30 * time.Second // of one answer
)

// restError is an answer that is not 200.
type restError struct {
	path    string
	status  int
	after   time.Duration
	refusal feed.BinanceRefusal
}

func (e *restError) Error() string {
	if e.refusal.Msg != "" {
		return fmt.Sprintf("%s: %v", e.path, &e.refusal)
	}
	return fmt.Sprintf("%s answers %d %s", e.path, e.status, http.StatusText(e.status))
}

// final: asking again gives the same.
func (e *restError) final() bool {
	return e.status >= 400 && e.status < 500 && e.status != http.StatusTeapot && e.status != http.StatusTooManyRequests
}

// past gives a page of trades from an id on, as JSON, oldest first.
func (r *rest) past(ctx context.Context, t *tape, from uint64) (page []json.RawMessage, err error) {
	q := url.Values{"symbol": {t.symbol}, "limit": {strconv.Itoa(pageOfTrades)}, "fromId": {strconv.FormatUint(from, 10)}}
	path := "aggTrades"
	if t.kind == "trade" {
		path = "historicalTrades"
	}
	if path == "historicalTrades" && !r.recent.Load() {
		err = r.get(ctx, path, q, decodePage(&page))
		var refused *restError
		// 401 and 403 and their codes: a key is needed, as for futures.
		if !errors.As(err, &refused) || !refused.final() {
			return page, err
		}
		r.recent.Store(true)
	}
	if path == "historicalTrades" {
		path = "trades"
		q.Del("fromId")
	}
	return page, r.get(ctx, path, q, decodePage(&page))
}

func decodePage(page *[]json.RawMessage) func(io.Reader) error {
	return func(body io.Reader) error { return json.NewDecoder(io.LimitReader(body, pageBytes)).Decode(page) }
}

// get tries until it is answered, a few times. take may be called again.
func (r *rest) get(ctx context.Context, path string, q url.Values, take func(io.Reader) error) error {
	for tries := 0; ; tries++ {
		err := r.once(ctx, path, q, take)
		var refused *restError
		known := errors.As(err, &refused)
		if err == nil || ctx.Err() != nil || known && refused.final() || tries+1 == restTries {
			return err
		}
		wait := backoff(tries)
		if known {
			wait = max(wait, refused.after) // ctx bounds it
		}
		if pause(ctx, wait) != nil {
			return err
		}
	}
}

func (r *rest) once(ctx context.Context, path string, q url.Values, take func(io.Reader) error) error {
	ctx, cancel := context.WithTimeout(ctx, restTime)
	defer cancel()
	address := r.base + "/" + path
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(address+"?"+q.Encode(), "?"), nil)
	if err != nil {
		return fmt.Errorf("asking %s: %w", address, err)
	}
	answer, err := r.client.Do(request)
	if err != nil {
		return fmt.Errorf("asking %s: %w", address, cause(err))
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		e := &restError{path: address, status: answer.StatusCode}
		// What it says beside the status is welcome, not needed.
		_ = json.NewDecoder(io.LimitReader(answer.Body, 4<<10)).Decode(&e.refusal)
		if s, err := strconv.Atoi(answer.Header.Get("Retry-After")); err == nil && s > 0 {
			e.after = time.Duration(min(s, 3600)) * time.Second
		}
		return e
	}
	if err := take(answer.Body); err != nil {
		return fmt.Errorf("reading %s: %w", address, err)
	}
	return nil
}

// symbolInfo is what the exchange says of a symbol.
type symbolInfo struct {
	Symbol  string `json:"symbol"`
	Status  string `json:"status"`
	Quote   string `json:"quoteAsset"`
	Filters []struct {
		Type     string `json:"filterType"`
		TickSize string `json:"tickSize"`
		StepSize string `json:"stepSize"`
	} `json:"filters"`
}

// symbols gives those wanted and the names of all there are. The answer is
// megabytes, so it is read symbol by symbol.
func (r *rest) symbols(ctx context.Context, wanted []string) (infos map[string]symbolInfo, names []string, err error) {
	err = r.get(ctx, "exchangeInfo", nil, func(body io.Reader) error {
		infos, names = map[string]symbolInfo{}, nil
		d := json.NewDecoder(io.LimitReader(body, symbolsBytes))
		if err := enter(d, "symbols"); err != nil {
			return err
		}
		for d.More() {
			var s symbolInfo
			if err := d.Decode(&s); err != nil {
				return err
			}
			names = append(names, s.Symbol)
			if slices.Contains(wanted, s.Symbol) {
				infos[s.Symbol] = s
			}
		}
		return nil
	})
	return infos, names, err
}

// enter goes to the first element of the array that is an object's field.
func enter(d *json.Decoder, field string) error {
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return errors.Join(errors.New("not a JSON object"), err)
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return err
		}
		if name == field {
			if t, err := d.Token(); err != nil || t != json.Delim('[') {
				return errors.Join(fmt.Errorf("%s is no array", field), err)
			}
			return nil
		}
		var skipped json.RawMessage
		if err := d.Decode(&skipped); err != nil {
			return err
		}
	}
	return fmt.Errorf("there is no %s", field)
}
