package main

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

// post sends a body to a path of the server and gives the status and the answer.
func (s *server) post(path, body string) (int, string) {
	s.t.Helper()
	r, err := http.Post(s.url+path, "application/json", strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	defer r.Body.Close()
	answer, err := io.ReadAll(r.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return r.StatusCode, string(answer)
}

// A producer that sends one bad event must learn which, and not lose the others.
func TestBadLinesOfABodyAreNamedByLine(t *testing.T) {
	s := newServer(t)
	status, answer := s.post("/v1/ingest?define=auto", `{"time":"`+second+`","instrument":"H","price":1,"size":2}
not json
{"time":"`+second+`","instrument":"H","price":1,"size":2,"conditions":"`+strings.Repeat("c", 300)+`"}
{"time":"`+second+`","room":"floor","user":"","text":"hi"}
{"time":"`+second+`","instrument":"H","price":"1.5","size":2,"trade_id":"`+strings.Repeat("7", 300)+`"}
{"time":"`+second+`","instrument":"H","price":"1.5","size":2}
`)
	says(t, answer, `"accepted":3,"duplicates":0,"late":0,"refused":4`, `"line":2,"code":"ERROR_CODE_INVALID","error":"reading JSON`,
		`"line":3,"id":"H"`, "conditions must have at most 128 bytes", `"line":4`, `"line":5,"id":"H"`, "trade_id must have at most 128 bytes")
	if status != http.StatusOK {
		t.Error(status, answer)
	}
}

// A request that can't be taken at all has a status of its own, and the server goes on.
func TestBadRequestsHaveTheirStatus(t *testing.T) {
	s := newServer(t)
	for _, c := range []struct {
		path, body string
		status     int
		says       string
	}{
		{"/v1/ingest?mode=x", "", 400, `mode \"x\" is neither live nor import`},
		{"/v1/ingest?kind=x", "", 400, "unknown kind"},
		{"/v1/ingest?time-unit=x", "", 400, "unknown time unit"},
		{"/v1/ingest?source=" + strings.Repeat("s", 200), "", 400, "source must have 1 to 128 bytes"},
		{"/v1/ingest", "\x1f\x8bjunk", 400, "gzip"},
		{"/v1/ingest", zipped(t, strings.Repeat("{}\n", 100))[:20], 400, "gzip"},
		{"/v1/ingest", strings.Repeat("x", 17<<20), 413, "larger than 16777216 bytes"},
		{"/outcry.v1.Outcry/Bars", "{", 400, "invalid_argument"},
		{"/outcry.v1.Outcry/Bars", `{"instrument":"X"}`, 400, "resolution is missing"},
		{"/outcry.v1.Outcry/Bars", `{"instrument":"NOPE","resolution":"RESOLUTION_1M"}`, 404, "unknown instrument: NOPE"},
		{"/outcry.v1.Outcry/Messages", `{"room":"nope"}`, 404, "unknown room: nope"},
		{"/outcry.v1.Outcry/Messages", `{"room":"nope","limit":101}`, 400, "at most 100"},
		{"/outcry.v1.Outcry/Submit", `{"user":"ann"}`, 400, "command is missing"},
		{"/outcry.v1.Outcry/Ingest", `{"source":"x","mode":"MODE_LIVE","events":[{"id":"a b"},{"id":"X"},{"id":"X","trade":{"side":300}}]}`, 200, `"refused":"3"`},
		{"/outcry.v1.Outcry/Ingest", `{"source":"x"}`, 400, "mode must be"},
		{"/outcry.v1.Outcry/Nothing", `{}`, 404, ""},
	} {
		if status, answer := s.post(c.path, c.body); status != c.status || !strings.Contains(answer, c.says) {
			t.Errorf("%s %.40q: %d %s; want %d and %q", c.path, c.body, status, answer, c.status, c.says)
		}
	}
	r, err := http.Get(s.url + "/v1/ingest")
	if err != nil {
		t.Fatal(err)
	}
	r.Body.Close()
	if r.StatusCode != http.StatusMethodNotAllowed || r.Header.Get("Allow") != http.MethodPost {
		t.Errorf("GET /v1/ingest: %s, allow %q", r.Status, r.Header.Get("Allow"))
	}
}

// A small body that unpacks to gigabytes must not take the server's memory:
// what one request gathers is bounded by its bytes, not only by its lines.
func TestAZippedBodyOfLongLinesIsTakenInParts(t *testing.T) {
	s := newServer(t)
	line := `{"time":"` + second + `","room":"r","user":"u","text":"` + strings.Repeat("x", 1_000_000) + `"}` + "\n"
	status, answer := s.post("/v1/ingest", strings.Repeat(zipped(t, line), 400))
	says(t, answer, `"refused":400`, "text is longer than 64 KiB")
	if status != http.StatusOK {
		t.Error(status)
	}
	if kB := s.highestMemory(); kB > 300_000 {
		t.Errorf("the server took %d kB at its highest", kB)
	}
}
