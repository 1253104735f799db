package decimal

import (
	"errors"
	"math/big"
	"testing"

	"pgregory.net/rapid"
)

// A feed that counts in lots would get sizes that are off by what a float cannot hold.
func TestProductsAreExact(t *testing.T) {
	for _, c := range [][3]string{
		{"3", "100", "300"}, {"12345", "0.01", "123.45"}, {"-1.5", "0.5", "-0.75"}, {"0", "-3", "0"},
		{"0.1", "3", "0.3"}, {"1e3", "2", "2000"}, {"100", "0.01", "1"}, {"9007199254740993", "1.0", "9007199254740993"},
	} {
		if got, err := Multiply(c[0], c[1]); err != nil || got != c[2] {
			t.Errorf("%s * %s = %q, %v", c[0], c[1], got, err)
		}
	}
}

// NaN must not pass a rule that was meant for numbers, and a giant exponent not take all memory.
func TestWhatIsNoNumberIsRefusedByProductsAndComparisons(t *testing.T) {
	for text, want := range map[string]error{"NaN": ErrSyntax, "": ErrSyntax, "1e30000": ErrOverflow, "1e-101": ErrOverflow, "1_0": ErrSyntax} {
		if _, err := Multiply(text, "1"); !errors.Is(err, want) {
			t.Errorf("%q times 1: %v", text, err)
		}
		if _, err := Compare("1", text); !errors.Is(err, want) {
			t.Errorf("1 against %q: %v", text, err)
		}
	}
	if _, err := Multiply("1e60", "1e60"); !errors.Is(err, ErrOverflow) {
		t.Error(err)
	}
}

// Otherwise "size <= 0" would drop the wrong messages.
func TestComparisonsAgreeWithRationalNumbers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[-+]?[0-9]{1,12}(\.[0-9]{0,6})?(e-?[0-9])?`)
		a, b := text.Draw(t, "a"), text.Draw(t, "b")
		x, okX := new(big.Rat).SetString(a)
		y, okY := new(big.Rat).SetString(b)
		if !okX || !okY {
			t.Skip("not what big.Rat reads")
		}
		if got, err := Compare(a, b); err != nil || got != x.Cmp(y) {
			t.Fatalf("%s against %s: %d, %v", a, b, got, err)
		}
		product, err := Multiply(a, b)
		if err != nil {
			t.Fatal(err)
		}
		if p, ok := new(big.Rat).SetString(product); !ok || p.Cmp(new(big.Rat).Mul(x, y)) != 0 {
			t.Fatalf("%s * %s = %s", a, b, product)
		}
	})
}
