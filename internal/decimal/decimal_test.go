package decimal

import (
	"errors"
	"math"
	"math/big"
	"strconv"
	"testing"

	"pgregory.net/rapid"
)

// A price that is read wrongly is a wrong trade.
func TestParseHoldsWhatTheExponentHolds(t *testing.T) {
	for _, c := range []struct {
		text string
		exp  int32
		want int64
		err  error
	}{
		{"61837.63000000", -8, 6183763000000, nil},
		{"61837.63000000", -2, 6183763, nil},
		{"0.001", -2, 0, ErrPrecision},
		{"-0.5", -1, -5, nil},
		{"1e-3", -8, 100000, nil},
		{"1.5E3", 0, 1500, nil},
		{"1500", 2, 15, nil},
		{"15", 2, 0, ErrPrecision},
		{"0", -8, 0, nil},
		{"0.000", 3, 0, nil},
		{"9223372036854775807", 0, math.MaxInt64, nil},
		{"9223372036854775808", 0, 0, ErrOverflow},
		{"92233720368547758.08", -8, 0, ErrOverflow},
		{"1e99", 0, 0, ErrOverflow},
		{"NaN", -8, 0, ErrSyntax}, {"Inf", 0, 0, ErrSyntax}, {"", 0, 0, ErrSyntax}, {".", 0, 0, ErrSyntax},
		{"1.2.3", 0, 0, ErrSyntax}, {" 1", 0, 0, ErrSyntax}, {"0x10", 0, 0, ErrSyntax}, {"--1", 0, 0, ErrSyntax},
		{"1e", 0, 0, ErrSyntax}, {"٣", 0, 0, ErrSyntax},
	} {
		got, err := Parse(c.text, c.exp)
		if got != c.want || !errors.Is(err, c.err) {
			t.Errorf("Parse(%q, %d) = %d, %v; want %d, %v", c.text, c.exp, got, err, c.want, c.err)
		}
	}
}

// What is shown must be what was read.
func TestFormatThenParseGivesTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m, e := rapid.Int64().Draw(t, "m"), rapid.Int32Range(-18, 9).Draw(t, "e")
		if m == math.MinInt64 {
			m++
		}
		got, err := Parse(Format(m, e), e)
		if err != nil || got != m {
			t.Fatalf("%d e%d -> %q -> %d, %v", m, e, Format(m, e), got, err)
		}
		if f, want := Float(m, e), nearest(m, e); f != want {
			t.Fatalf("Float(%d, %d) = %v, want %v", m, e, f, want)
		}
	})
}

func nearest(m int64, e int32) float64 {
	f, _ := strconv.ParseFloat(strconv.FormatInt(m, 10)+"e"+strconv.Itoa(int(e)), 64)
	return f
}

// Turnovers pass 64 bits every day.
func TestFormat128AgreesWithBigIntegers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		hi, lo := rapid.Int64().Draw(t, "hi"), rapid.Uint64().Draw(t, "lo")
		v := new(big.Int).Add(new(big.Int).Lsh(big.NewInt(hi), 64), new(big.Int).SetUint64(lo))
		if got := Format128(hi, lo, 0); got != v.String() {
			t.Fatalf("got %s, want %s", got, v)
		}
	})
	if got := Format128(0, 76878745918310000, -16); got != "7.6878745918310000" {
		t.Error(got)
	}
}

// A board of numbers with eight zeros each can't be read.
func TestTrimKeepsWhatIsAsked(t *testing.T) {
	for _, c := range [][2]string{{"1.50000000", "1.50"}, {"1.23456000", "1.23456"}, {"1.00000000", "1.00"}, {"15", "15"}} {
		if got := Trim(c[0], 2); got != c[1] {
			t.Errorf("Trim(%q, 2) = %q, want %q", c[0], got, c[1])
		}
	}
	if got := Trim("1.000", 0); got != "1" {
		t.Error(got)
	}
}

func FuzzParse(f *testing.F) {
	f.Add("1.5e-3", int32(-8))
	f.Fuzz(func(t *testing.T, text string, e int32) {
		e %= 20
		m, err := Parse(text, e)
		if err != nil {
			return
		}
		if back, err := Parse(Format(m, e), e); err != nil || back != m {
			t.Fatalf("%q -> %d -> %q -> %d, %v", text, m, Format(m, e), back, err)
		}
	})
}
