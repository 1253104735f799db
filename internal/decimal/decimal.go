package decimal

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
)

// ErrPrecision: the number has digits below the exponent.
var ErrPrecision = errors.New("more decimal places than the exponent holds")

// ErrOverflow: the mantissa does not fit in 64 bits.
var ErrOverflow = errors.New("too large for the exponent")

// ErrSyntax: not a decimal number.
var ErrSyntax = errors.New("not a decimal number")

const maxText = 64

// Parse reads text as mantissa * 10^exponent. It takes a sign, digits, one
// point and a decimal exponent ("-1.5e-3"), and nothing else: no NaN, no
// infinity, no blanks, at most 64 characters.
func Parse(text string, exponent int32) (mantissa int64, err error) {
	n, err := scan(text)
	if err != nil {
		return 0, fmt.Errorf("reading %q: %w", clip(text), err)
	}
	m, err := n.at(exponent)
	if err != nil {
		return 0, fmt.Errorf("reading %q with exponent %d: %w", clip(text), exponent, err)
	}
	return m, nil
}

// number is digits * 10^exponent.
type number struct {
	negative bool
	digits   string // without leading zeros; may end in zeros
	exponent int64
}

func scan(text string) (n number, err error) {
	if text == "" || len(text) > maxText {
		return n, ErrSyntax
	}
	body := text
	if i := strings.IndexAny(body, "eE"); i >= 0 {
		e, err := strconv.ParseInt(body[i+1:], 10, 16)
		if err != nil {
			return n, ErrSyntax
		}
		n.exponent, body = e, body[:i]
	}
	if body != "" && (body[0] == '-' || body[0] == '+') {
		n.negative, body = body[0] == '-', body[1:]
	}
	whole, fraction, _ := strings.Cut(body, ".")
	n.digits = whole + fraction
	if n.digits == "" || strings.Trim(n.digits, "0123456789") != "" {
		return n, ErrSyntax
	}
	n.exponent -= int64(len(fraction))
	n.digits = strings.TrimLeft(n.digits, "0")
	return n, nil
}

// at gives the mantissa at an exponent, exactly.
func (n number) at(exponent int32) (int64, error) {
	shift := n.exponent - int64(exponent)
	digits := n.digits
	for shift < 0 && strings.HasSuffix(digits, "0") {
		digits, shift = digits[:len(digits)-1], shift+1
	}
	if digits == "" {
		return 0, nil
	}
	if shift < 0 {
		return 0, ErrPrecision
	}
	if int64(len(digits))+shift > 19 {
		return 0, ErrOverflow
	}
	u, err := strconv.ParseUint(digits+strings.Repeat("0", int(shift)), 10, 64)
	if err != nil || u > math.MaxInt64 {
		return 0, ErrOverflow
	}
	if n.negative {
		return -int64(u), nil
	}
	return int64(u), nil
}

func clip(text string) string {
	if len(text) > maxText {
		return text[:maxText] + "…"
	}
	return text
}

// Format writes mantissa * 10^exponent, with exactly -exponent decimal places.
func Format(mantissa int64, exponent int32) string {
	return string(Append(make([]byte, 0, 24), mantissa, exponent))
}

// Append is Format after dst.
func Append(dst []byte, mantissa int64, exponent int32) []byte {
	magnitude := uint64(mantissa)
	if mantissa < 0 {
		dst, magnitude = append(dst, '-'), -magnitude
	}
	return place(dst, strconv.AppendUint(nil, magnitude, 10), exponent)
}

// Format128 is Format for the 128-bit number hi*2^64 + lo.
func Format128(hi int64, lo uint64, exponent int32) string {
	v := new(big.Int).Lsh(big.NewInt(hi), 64)
	v.Add(v, new(big.Int).SetUint64(lo))
	var dst []byte
	if v.Sign() < 0 {
		dst = append(dst, '-')
		v.Neg(v)
	}
	return string(place(dst, v.Append(nil, 10), exponent))
}

// place writes unsigned digits with the point where the exponent wants it.
func place(dst, digits []byte, exponent int32) []byte {
	if exponent >= 0 {
		dst = append(dst, digits...)
		if len(digits) == 1 && digits[0] == '0' {
			return dst
		}
		for range exponent {
			dst = append(dst, '0')
		}
		return dst
	}
	places := int(-exponent)
	whole := len(digits) - places
	if whole <= 0 {
		dst = append(dst, '0', '.')
		for range -whole {
			dst = append(dst, '0')
		}
		return append(dst, digits...)
	}
	dst = append(dst, digits[:whole]...)
	dst = append(dst, '.')
	return append(dst, digits[whole:]...)
}

// Trim drops the zeros that a fixed number of places leaves behind, and
// keeps at least keep places, so that a column of prices stays readable.
func Trim(text string, keep int) string {
	point := strings.IndexByte(text, '.')
	if point < 0 {
		return text
	}
	end := len(text)
	for end > point+1+keep && text[end-1] == '0' {
		end--
	}
	if end == point+1 {
		end = point
	}
	return text[:end]
}

// Float gives the nearest float64, for protocols that demand one.
func Float(mantissa int64, exponent int32) float64 {
	if exponent <= 0 && exponent >= -22 && mantissa > -1<<53 && mantissa < 1<<53 {
		return float64(mantissa) / math.Pow10(int(-exponent)) // both exact, one rounding
	}
	f, err := strconv.ParseFloat(strconv.FormatInt(mantissa, 10)+"e"+strconv.Itoa(int(exponent)), 64)
	if err != nil {
		panic(fmt.Sprintf("decimal: %d e %d is no float: %v", mantissa, exponent, err))
	}
	return f
}
