package feed

import (
	"strings"
	"testing"

	outcryv1 "outcry/proto/outcry/v1"
)

// A wrong exponent would move every price by powers of ten.
func TestDefinitionFilesAreReadWholeOrNotAtAll(t *testing.T) {
	all, err := ReadDefinitions(strings.NewReader("instrument,price_exponent,size_exponent,tick_size,currency\nX,-2,0,5,USD\nY,-8,-8,,\n"), "defs.csv")
	if err != nil || len(all) != 2 || all["X"].TickSize != 5 || all["Y"].PriceExponent != -8 {
		t.Fatalf("%v, %v", all, err)
	}
	for text, want := range map[string]string{
		"instrument,price_exponent\n":                                 "size_exponent is missing",
		"instrument,price_exponent,size_exponent,colour\n":            "unknown column",
		"instrument,price_exponent,size_exponent\nX,-2,0\nX,-2,0\n":   "defs.csv:3: instrument \"X\" is empty or defined twice",
		"instrument,price_exponent,size_exponent\nX,-20,0\n":          "defs.csv:2: price_exponent",
		"instrument,price_exponent,size_exponent,tick_size\nX,0,0,.5": "defs.csv:2: tick_size",
	} {
		if _, err := ReadDefinitions(strings.NewReader(text), "defs.csv"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

// An instrument's exponents never change, whatever a later file says.
func TestAcceptedExponentsWinOverFilesAndAuto(t *testing.T) {
	b := Book{
		Accepted: func(id string) (*outcryv1.Definition, error) {
			if id == "OLD" {
				return &outcryv1.Definition{PriceExponent: -2}, nil
			}
			return nil, nil
		},
		Given: map[string]*outcryv1.Definition{"OLD": {PriceExponent: -8}, "NEW": {PriceExponent: -3}},
		Auto:  true,
	}
	if _, _, err := b.Definition("OLD"); err == nil || !strings.Contains(err.Error(), "never change") {
		t.Error(err)
	}
	if d, fresh, err := b.Definition("NEW"); err != nil || !fresh || d.PriceExponent != -3 {
		t.Error(d, fresh, err)
	}
	if d, fresh, err := b.Definition("MADE"); err != nil || !fresh || d.PriceExponent != AutoExponent {
		t.Error(d, fresh, err)
	}
	b.Given = nil
	if d, fresh, err := b.Definition("OLD"); err != nil || fresh || d.PriceExponent != -2 {
		t.Error(d, fresh, err)
	}
	b.Auto = false
	if _, _, err := b.Definition("MADE"); err == nil {
		t.Error("an undefined instrument was taken")
	}
}
