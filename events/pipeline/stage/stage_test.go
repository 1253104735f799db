package stage

import (
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gopkg.in/yaml.v3"
)

// tables of the tests, by name.
var tables = map[string]string{
	"instruments.csv": "symbol,ours,lot,currency\nABC,ACME:ABC,100,EUR\nDEF,ACME:DEF,10,\n",
	"names.json":      `{"x":"ACME:X"}`,
	"list.json":       `[{"symbol":"ABC","lot":100},{"symbol":"DEF","lot":null,"live":true}]`,
}

func env() Env {
	return Env{
		Table: func(name string) (*Table, error) {
			text, ok := tables[name]
			if !ok {
				return nil, fmt.Errorf("open %s: no such file", name)
			}
			return ParseTable(name, []byte(text))
		},
		Custom: map[string]Maker{"upper": func(with map[string]any) (Stage, error) {
			field, _ := with["field"].(string)
			if field == "" {
				return nil, errors.New("with.field is missing")
			}
			return Func(func(r Row) error { r[field] = strings.ToUpper(r[field]); return nil }), nil
		}},
	}
}

func spec(t testing.TB, text string) (s Spec) {
	t.Helper()
	if err := yaml.Unmarshal([]byte(text), &s); err != nil {
		t.Fatal(err)
	}
	return s
}

// row reads "a=1 b=2".
func row(text string) Row {
	r := Row{}
	for _, pair := range strings.Fields(text) {
		k, v, _ := strings.Cut(pair, "=")
		r[k] = v
	}
	return r
}

// Each line is what a user writes in outcry.yaml, and what he expects of it.
func TestStagesDoWhatTheirDeclarationSays(t *testing.T) {
	for _, c := range []struct{ spec, in, out string }{
		{`map: {price: p, instrument: data.s}`, "p=1 data.s=X size=2", "p=1 price=1 data.s=X instrument=X size=2"},
		{`map: {a: b, b: a}`, "a=1 b=2", "a=2 b=1"},
		{`map: {size: ""}`, "size=2 price=1", "price=1"},
		{`set: {venue: XTST, side: ""}`, "side=buy", "venue=XTST"},
		{`time: {time: ms, receive_time: us}`, "time=1700000000123 receive_time=1700000000123456", "time=1700000000123000000 receive_time=1700000000123456000"},
		{`time: {time: s}`, "time=1700000000.25", "time=1700000000250000000"},
		{`time: {time: "2006-01-02 15:04:05"}`, "x=1", "x=1"},
		{`scale: {price: 0.01, size: 100}`, "price=12345 size=3", "price=123.45 size=300"},
		{`multiply: {size: [lots, lot]}`, "lots=3 lot=100", "lots=3 lot=100 size=300"},
		{`derive: {instrument: "{venue}:{symbol}"}`, "venue=V symbol=S", "venue=V symbol=S instrument=V:S"},
		{`first: {price: [last, close]}`, "close=2", "close=2 price=2"},
		{`first: {price: [last, close]}`, "last=1 close=2", "last=1 close=2 price=1"},
		{`first: {price: [last]}`, "price=7", "price=7"},
		{`symbols: {names: {x: "ACME:X"}}`, "instrument=x", "instrument=ACME:X"},
		{`symbols: {prefix: "ACME:"}`, "instrument=x", "instrument=ACME:x"},
		{`symbols: {file: names.json, unknown: keep}`, "instrument=y", "instrument=y"},
		{`symbols: {file: instruments.csv, from: symbol, to: ours, names: {DEF: OTHER}}`, "instrument=DEF", "instrument=OTHER"},
		{`join: {table: instruments.csv, key: symbol, take: {lot: lot, currency: currency}}`, "instrument=ABC", "instrument=ABC lot=100 currency=EUR"},
		{`join: {table: instruments.csv, key: symbol, take: {currency: currency}}`, "instrument=DEF currency=XXX", "instrument=DEF"},
		{`join: {table: list.json, key: symbol, take: {live: live}}`, "instrument=DEF", "instrument=DEF live=true"},
		{`join: {table: list.json, key: symbol, take: {live: live}}`, "instrument=GHI", "instrument=GHI"},
		{`{set: {side: sell}, when: [[maker, "=", true]]}`, "maker=true", "maker=true side=sell"},
		{`{set: {side: sell}, when: [[maker, "=", true]]}`, "maker=false", "maker=false"},
		{`{use: upper, with: {field: side}}`, "side=buy", "side=BUY"},
		{`{drop: test, when: [[venue, in, XTEST, XDEV]]}`, "venue=XTST", "venue=XTST"},
	} {
		s := spec(t, c.spec)
		built, err := s.Build(env())
		if err != nil {
			t.Errorf("%s: %v", c.spec, err)
			continue
		}
		r := row(c.in)
		if err := built.Apply(r); err != nil {
			t.Errorf("%s: %v", c.spec, err)
		}
		if d := cmp.Diff(row(c.out), r); d != "" {
			t.Errorf("%s on %s: %s", c.spec, c.in, d)
		}
	}
}

// A row that cannot be right must say why, and one that is unwanted must not look like a fault.
func TestStagesTellFaultsFromWhatIsLeftOut(t *testing.T) {
	for _, c := range []struct {
		spec, in string
		dropped  bool
		says     string
	}{
		{`{drop: tests, when: [[venue, in, XTEST, XDEV]]}`, "venue=XDEV", true, "tests"},
		{`symbols: {names: {x: y}}`, "instrument=z", false, `the symbol table has no "z"`},
		{`symbols: {names: {x: y}, unknown: drop}`, "instrument=z", true, `"z"`},
		{`join: {table: list.json, key: symbol, take: {lot: lot}, unknown: poison}`, "instrument=z", false, `table list.json has no "z"`},
		{`multiply: {size: [lots, lot]}`, "lots=3", false, "there is no lot"},
		{`multiply: {size: [lots]}`, "lots=NaN", false, "not a decimal number"},
		{`scale: {price: 0.01}`, "price=ten", false, "not a decimal number"},
		{`time: {time: ms}`, "time=NaN", false, "not a decimal number"},
		{`time: {time: ns}`, "time=99999999999999999999", false, "too large"},
		{`time: {time: "2006-01-02"}`, "time=yesterday", false, "is not as"},
		{`derive: {instrument: "{venue}:{symbol}"}`, "venue=V", false, "there is no symbol"},
	} {
		s := spec(t, c.spec)
		built, err := s.Build(env())
		if err != nil {
			t.Fatalf("%s: %v", c.spec, err)
		}
		err = built.Apply(row(c.in))
		var dropped *Dropped
		if err == nil || errors.As(err, &dropped) != c.dropped || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s on %s: %v", c.spec, c.in, err)
		}
	}
}

// A rule that holds where it should not drops what people wait for.
func TestConditionsCompareAsPeopleRead(t *testing.T) {
	for text, want := range map[string]bool{
		`[size, "=", 1.50]`: true, `[size, "=", 1.5]`: true, `[size, "!=", 1.50]`: false, `[size, "<", 2]`: true, `[size, "<", 1.5]`: false, `[size, ">=", 1.5]`: true,
		`[size, ">", -1]`: true, `[word, "=", Abc]`: true, `[word, "=", abc]`: false, `[word, in, x, Abc]`: true, `[word, not in, x, Abc]`: false, `[word, matches, "^A"]`: true,
		`[word, ">", 0]`: false, `[none, "<", 5]`: false, `[none, absent]`: true, `[none, present]`: false, `[none, "=", ""]`: false, `[none, "!=", x]`: true, `[flag, "=", true]`: true,
		`[big, "=", 9007199254740993]`: true, `[big, "=", 9007199254740992]`: false,
	} {
		s := spec(t, "{set: {hit: yes}, when: ["+text+"]}")
		built, err := s.Build(env())
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		r := row("size=1.5 word=Abc flag=true big=9007199254740993")
		if err := built.Apply(r); err != nil || (r["hit"] != "") != want {
			t.Errorf("%s: %v, %v", text, r, err)
		}
	}
}

// A mistake in the declaration must be told at the start, all of them at once, not by the first message.
func TestMistakesOfADeclarationAreTold(t *testing.T) {
	for text, says := range map[string]string{
		`{}`:                                  "says no kind of stage; there are map, set",
		`{map: {a: b}, set: {a: b}}`:          "map and set at once",
		`map: {}`:                             "map: is empty",
		`time: {time: minutes}`:               `"minutes" is neither s, ms, us, ns nor a layout`,
		`scale: {price: cheap}`:               "not a decimal number",
		`multiply: {size: []}`:                "names no factors",
		`derive: {a: "{b"}`:                   "a field stands in braces",
		`derive: {a: "b}"}`:                   "without its {",
		`symbols: {}`:                         "needs names, a file or a prefix",
		`symbols: {file: none.csv}`:           "no such file",
		`symbols: {file: instruments.csv}`:    `has no column "value"; it has symbol, ours`,
		`symbols: {prefix: x, unknown: burn}`: `"burn" is none of keep, drop, poison`,
		`join: {table: instruments.csv, key: symbol, take: {a: none}}`: `has no column "none"`,
		`join: {table: instruments.csv, key: symbol}`:                  "take is empty",
		`join: {take: {a: b}}`:                                         "names no table",
		`drop: all`:                                                    "needs when, else nothing is left",
		`{drop: x, when: [[a, "~", 1]]}`:                               `unknown comparison "~"`,
		`{drop: x, when: [[a, "<", b]]}`:                               `"<" compares numbers`,
		`{drop: x, when: [[a, absent, 1]]}`:                            "takes no value",
		`{drop: x, when: [[a, matches, "("]]}`:                         "missing closing",
		`dedupe: {window: -1}`:                                         "window -1",
		`{dedupe: {}, when: [[a, absent]]}`:                            "takes no when",
		`use: mine`:                                                    `no stage "mine" in this binary; there are upper`,
		`use: upper`:                                                   "with.field is missing",
		`{set: {a: b}, with: {a: b}}`:                                  "with is only for use",
		`{set: {a: b}, when: [["", absent], [a, "?"]]}`:                "names no field\nwhen[1]",
	} {
		s := spec(t, text)
		if _, err := s.Build(env()); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", text, err)
		}
	}
	var s Spec
	if err := yaml.Unmarshal([]byte(`{drop: x, when: [[a]]}`), &s); err == nil || !strings.Contains(err.Error(), "[field, comparison, value…]") {
		t.Error(err)
	}
}

// A table with a fault must be refused whole: half of it would let events through that nobody checked.
func TestTablesWithAFaultAreRefused(t *testing.T) {
	for text, says := range map[string]string{
		"":                       "is empty",
		"a,b\n1\n":               "wrong number of fields",
		"a,a\n1,2\n":             `two columns are "a"`,
		`[{"a":{"b":1}}]`:        "a is neither a text",
		`{"a":1}`:                "cannot unmarshal",
		`[1]`:                    "cannot unmarshal",
		"key,value\nx,1\nx,2\n":  `two rows with key "x"`,
		"key,value\n\"x\n":       `extraneous or missing " in quoted-field`,
		`{"a":"b"} and more`:     "invalid character",
		`[{"key":"a"}] trailing`: "something stands after",
	} {
		tables["t"] = text
		s := spec(t, `join: {table: t, on: key, take: {a: value}}`)
		if _, err := s.Build(env()); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v", text, err)
		}
	}
	delete(tables, "t")
	if _, err := ParseTable("big", make([]byte, TableBytesMax+1)); err == nil {
		t.Error("a table without bound")
	}
}

// What was printed as the settings in effect can be written into a file again.
func TestADeclarationSurvivesBeingPrinted(t *testing.T) {
	s := spec(t, `{drop: x, when: [[a, "<", 1.50], [b, in, c, d]]}`)
	text, err := yaml.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	again := spec(t, string(text))
	if d := cmp.Diff(s.When, again.When, cmp.AllowUnexported(Condition{})); d != "" || again.Drop != "x" {
		t.Errorf("%s\n%s", text, d)
	}
}

// Stages are used by many partitions at once: they must not share what they change.
func TestStagesKeepNothingBetweenRows(t *testing.T) {
	s := spec(t, `join: {table: instruments.csv, key: symbol, take: {lot: lot}}`)
	built, err := s.Build(env())
	if err != nil {
		t.Fatal(err)
	}
	a := row("instrument=ABC")
	if err := built.Apply(a); err != nil {
		t.Fatal(err)
	}
	before := maps.Clone(a)
	if err := built.Apply(row("instrument=DEF")); err != nil || !maps.Equal(a, before) {
		t.Error(a, err)
	}
}
