package decimal

import (
	"fmt"
	"math/big"
	"strings"
)

// maxScale bounds the powers of ten that Compare and Multiply work with.
const maxScale = 100

// Multiply gives a*b exactly, written without an exponent. A result of more
// than 64 characters is ErrOverflow.
func Multiply(a, b string) (string, error) {
	x, y, err := scanTwo(a, b)
	if err != nil {
		return "", err
	}
	digits := new(big.Int).Mul(x.magnitude(), y.magnitude())
	text := make([]byte, 0, maxText)
	if x.negative != y.negative && digits.Sign() != 0 {
		text = append(text, '-')
	}
	text = place(text, digits.Append(nil, 10), int32(x.exponent+y.exponent))
	short := Trim(string(text), 0)
	if len(short) > maxText {
		return "", fmt.Errorf("multiplying %q by %q: %w", a, b, ErrOverflow)
	}
	return short, nil
}

// Compare gives -1, 0 or 1 as a is less than, equal to or greater than b.
func Compare(a, b string) (int, error) {
	if a == b && a != "" && strings.Trim(a, "0123456789") == "" {
		return 0, nil
	}
	x, y, err := scanTwo(a, b)
	if err != nil {
		return 0, err
	}
	exponent := min(x.exponent, y.exponent)
	return x.raised(exponent).Cmp(y.raised(exponent)), nil
}

func scanTwo(a, b string) (x, y number, err error) {
	if x, err = scanBounded(a); err == nil {
		y, err = scanBounded(b)
	}
	return x, y, err
}

func scanBounded(text string) (number, error) {
	n, err := scan(text)
	if err == nil && (n.exponent > maxScale || n.exponent < -maxScale) {
		err = ErrOverflow
	}
	if err != nil {
		return n, fmt.Errorf("reading %q: %w", clip(text), err)
	}
	return n, nil
}

func (n number) magnitude() *big.Int {
	v := new(big.Int)
	if n.digits != "" {
		v.SetString(n.digits, 10)
	}
	return v
}

// raised gives the signed digits at a smaller exponent.
func (n number) raised(exponent int64) *big.Int {
	v := n.magnitude()
	v.Mul(v, new(big.Int).Exp(big.NewInt(10), big.NewInt(n.exponent-exponent), nil))
	if n.negative {
		v.Neg(v)
	}
	return v
}
