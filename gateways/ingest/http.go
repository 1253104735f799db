package ingest

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	"google.golang.org/protobuf/proto"

	"outcry/gateways/identity"
	"outcry/internal/feed"
	outcryv1 "outcry/proto/outcry/v1"
)

// maxBody bounds the body of POST /v1/ingest.
const maxBody = 16 << 20

// Accepted gives an instrument's accepted definition; nil, nil where there is none.
type Accepted func(r *http.Request, instrument string) (*outcryv1.Definition, error)

// Handler takes NDJSON by POST, in the field names of `outcry import`:
//
//	{"time":"2026-01-02T15:04:05Z","instrument":"ACME","price":"12.5","size":"3","side":"buy"}
//
// Query parameters: source (default "http"), mode (live or import, default
// live), define=auto, and time-unit, instrument, room, kind as the flags of the
// same names. A header Idempotency-Key names the request: sent again with the
// same key it changes nothing. The answer is JSON: accepted, duplicates,
// late, refused, and the refusals by line.
//
// With pipeline=NAME the lines are messages of that pipeline, whose declaration
// says all the rest; filtered counts what it left out.
func (s *Service) Handler(accepted Accepted) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost {
			w.Header().Set("Allow", http.MethodPost)
			reply(w, http.StatusMethodNotAllowed, map[string]string{"error": "send NDJSON by POST"})
			return
		}
		if err := identity.From(r.Context()).DemandAny(identity.Ingest); err != nil {
			identity.Refuse(w, err)
			return
		}
		answer, err := s.post(r, accepted, http.MaxBytesReader(w, r.Body, maxBody))
		var tooLarge *http.MaxBytesError
		switch {
		case err == nil:
			reply(w, http.StatusOK, answer)
		case errors.As(err, &tooLarge):
			reply(w, http.StatusRequestEntityTooLarge, map[string]string{"error": fmt.Sprintf("the body is larger than %d bytes; send it in parts", maxBody)})
		case errors.Is(err, ErrInvalid):
			reply(w, http.StatusBadRequest, map[string]string{"error": err.Error()})
		default:
			w.Header().Set("Retry-After", "1")
			reply(w, http.StatusServiceUnavailable, map[string]string{"error": err.Error()})
		}
	})
}

// outcome is the answer as people write JSON: numbers, not strings.
type outcome struct {
	Accepted   uint64    `json:"accepted"`
	Duplicates uint64    `json:"duplicates"`
	Late       uint64    `json:"late"`
	Filtered   uint64    `json:"filtered,omitempty"`
	Refused    uint64    `json:"refused"`
	Refusals   []refused `json:"refusals,omitempty"`
}

type refused struct {
	Line  uint64 `json:"line"`
	ID    string `json:"id,omitempty"`
	Code  string `json:"code"`
	Error string `json:"error"`
}

func (s *Service) post(r *http.Request, accepted Accepted, body io.Reader) (*outcome, error) {
	q := r.URL.Query()
	if name := q.Get("pipeline"); name != "" {
		return s.through(r, name, body)
	}
	request, err := requestOf(r)
	if err != nil {
		return nil, err
	}
	book := &feed.Book{Auto: q.Get("define") == "auto", Accepted: func(id string) (*outcryv1.Definition, error) { return accepted(r, id) }}
	reader, err := feed.Open(body, "body", feed.Options{Format: "ndjson", Kind: q.Get("kind"), TimeUnit: q.Get("time-unit"),
		Instrument: q.Get("instrument"), Room: q.Get("room"), Definitions: book})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	out := &outcome{}
	for {
		more, err := fill(request, reader, out)
		if err != nil {
			return nil, err
		}
		answer, err := s.Ingest(r.Context(), request)
		if err != nil {
			return nil, err
		}
		out.add(answer)
		if !more {
			return out, nil
		}
	}
}

func requestOf(r *http.Request) (*outcryv1.IngestRequest, error) {
	q := r.URL.Query()
	request := &outcryv1.IngestRequest{Source: q.Get("source"), Epoch: r.Header.Get("Idempotency-Key"), Mode: outcryv1.Mode_MODE_LIVE}
	if request.Source == "" {
		request.Source = "http"
	}
	if request.Epoch == "" {
		request.Epoch = rand.Text()
	}
	switch q.Get("mode") {
	case "", "live":
	case "import":
		request.Mode = outcryv1.Mode_MODE_IMPORT
	default:
		return nil, fmt.Errorf("%w: mode %q is neither live nor import", ErrInvalid, q.Get("mode"))
	}
	return request, nil
}

// fill reads the next inputs into the request; more is false at the end of the body.
func fill(request *outcryv1.IngestRequest, reader *feed.Reader, out *outcome) (more bool, err error) {
	request.Events = request.Events[:0]
	// Bytes are bounded, too: a small gzipped body can hold gigabytes of long lines.
	for size := 0; len(request.Events) < MaxEvents && size < maxBody; {
		ev, err := reader.Next()
		var line *feed.LineError
		switch {
		case err == nil:
			request.Events = append(request.Events, ev)
			size += proto.Size(ev)
		case errors.As(err, &line):
			out.Refused++
			out.name(refused{Line: line.Line, Code: outcryv1.ErrorCode_ERROR_CODE_INVALID.String(), Error: line.Err.Error()})
		case errors.Is(err, io.EOF):
			return false, nil
		default:
			return false, fmt.Errorf("%w: %w", ErrInvalid, err)
		}
	}
	return true, nil
}

func (o *outcome) add(a *outcryv1.IngestResponse) {
	o.Accepted += a.Accepted
	o.Duplicates += a.Duplicates
	o.Late += a.Late
	o.Refused += a.Refused
	for _, f := range a.Refusals {
		o.name(refused{Line: f.Line, ID: f.Id, Code: f.Error.Code.String(), Error: f.Error.Text})
	}
}

func (o *outcome) name(f refused) {
	if len(o.Refusals) < maxRefusals {
		o.Refusals = append(o.Refusals, f)
	}
}

func reply(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	// The client may be gone; there is nobody left to tell.
	_ = json.NewEncoder(w).Encode(body)
}
