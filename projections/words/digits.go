package words

import (
	"fmt"
	"math/big"
	"strconv"

	outcryv1 "outcry/proto/outcry/v1"
)

// Digits writes a 128-bit integer in full; nil is empty. The integers of stores have 64 bits.
func Digits(n *outcryv1.Int128) string {
	if n == nil {
		return ""
	}
	if n.Hi == int64(n.Lo)>>63 { // fits in 64 bits, as nearly all do
		return strconv.FormatInt(int64(n.Lo), 10)
	}
	v := new(big.Int).Lsh(big.NewInt(n.Hi), 64)
	return v.Add(v, new(big.Int).SetUint64(n.Lo)).String()
}

// ParseDigits reads what Digits wrote.
func ParseDigits(text string) (*outcryv1.Int128, error) {
	if text == "" {
		return nil, nil
	}
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return &outcryv1.Int128{Hi: n >> 63, Lo: uint64(n)}, nil
	}
	v, ok := new(big.Int).SetString(text, 10)
	if !ok || v.BitLen() > 127 && v.Cmp(lowest128) != 0 {
		return nil, fmt.Errorf("%q is no 128-bit integer: %w", text, ErrUnknown)
	}
	lo := new(big.Int).And(v, low64)
	return &outcryv1.Int128{Hi: new(big.Int).Rsh(v, 64).Int64(), Lo: lo.Uint64()}, nil
}

var (
	low64     = new(big.Int).SetUint64(1<<64 - 1)
	lowest128 = new(big.Int).Neg(new(big.Int).Lsh(big.NewInt(1), 127))
)
