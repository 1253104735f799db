package feed

import (
	"fmt"
	"testing"

	"google.golang.org/protobuf/proto"

	outcryv1 "outcry/proto/outcry/v1"
)

// A message of a pipeline and the same line of a file must mean the same.
func TestFieldsMeanWhatALineMeans(t *testing.T) {
	o := Options{Format: "ndjson", TimeUnit: "ns", Definitions: &Book{Auto: true}}
	fields, err := NewFields(o)
	if err != nil {
		t.Fatal(err)
	}
	p, err := newNDJSON(o)
	if err != nil {
		t.Fatal(err)
	}
	var a, b []*outcryv1.IngestEvent
	row := map[string]string{"time": "1700000000000000000", "instrument": "ACME", "bid_price": "1.5", "bid_size": "2", "other": "x"}
	if err := fields.Event(row, 7, func(ev *outcryv1.IngestEvent) { a = append(a, ev) }); err != nil {
		t.Fatal(err)
	}
	line := `{"time":1700000000000000000,"instrument":"ACME","bid_price":1.5,"bid_size":"2","other":"x"}`
	if err := p.parse(line, 7, func(ev *outcryv1.IngestEvent) { b = append(b, ev) }); err != nil {
		t.Fatal(err)
	}
	if len(a) != 2 || len(b) != 2 || !proto.Equal(a[0], b[0]) || !proto.Equal(a[1], b[1]) {
		t.Errorf("%v and %v", a, b)
	}
}

// Messages in protobuf carry integers; read as decimals, prices would be 10^8 times too large.
func TestMantissasAreTakenAsTheyAre(t *testing.T) {
	fields, err := NewFields(Options{TimeUnit: "ns", Mantissas: true, Definitions: &Book{Auto: true}})
	if err != nil {
		t.Fatal(err)
	}
	row := map[string]string{"time": "1700000000000000000", "instrument": "ACME", "price": "150", "size": "2"}
	var last *outcryv1.IngestEvent
	if err := fields.Event(row, 1, func(ev *outcryv1.IngestEvent) { last = ev }); err != nil || last.GetTrade().GetPrice() != 150 {
		t.Errorf("%v, %v", last, err)
	}
	row["price"] = "1.5"
	if err := fields.Event(row, 1, func(*outcryv1.IngestEvent) {}); err == nil {
		t.Error("1.5 is no mantissa")
	}
}

// A pipeline runs for months: it must not remember every instrument it ever saw.
func TestDefinitionsThatAreRememberedAreBounded(t *testing.T) {
	fields, err := NewFields(Options{TimeUnit: "ns", Definitions: &Book{Auto: true}})
	if err != nil {
		t.Fatal(err)
	}
	row := map[string]string{"time": "1700000000000000000", "price": "1", "size": "2"}
	for n := range definedMax + 10 {
		row["instrument"] = fmt.Sprint("I", n)
		if err := fields.Event(row, 1, func(*outcryv1.IngestEvent) {}); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(fields.rows.defined); n > definedMax {
		t.Errorf("%d are kept", n)
	}
}
