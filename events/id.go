package events

import (
	"errors"
	"fmt"
	"strings"
)

// Bounds of ids, in bytes.
const (
	maxName = 128
	maxID   = 2*maxName + 1
)

// ErrID marks ids that ValidID refuses.
var ErrID = errors.New("invalid id")

// ValidID says whether id may name an instrument or a room:
// "[namespace/]name", each 1 to 128 of A-Z a-z 0-9 . _ : -
// Its error is an ErrID that says what is wrong.
func ValidID(id string) error {
	namespace, name, ok := strings.Cut(id, "/")
	if !ok {
		return validName("name", id)
	}
	if err := validName("namespace", namespace); err != nil {
		return err
	}
	return validName("name", name)
}

func validName(what, s string) error {
	if len(s) == 0 {
		return fmt.Errorf("%w: the %s is empty", ErrID, what)
	}
	if len(s) > maxName {
		return fmt.Errorf("%w: the %s has %d bytes, at most %d are allowed", ErrID, what, len(s), maxName)
	}
	for i := range len(s) {
		if !nameBytes[s[i]] {
			return fmt.Errorf("%w: the %s %q has the byte %q at %d; allowed are A-Z a-z 0-9 . _ : -", ErrID, what, s, s[i:i+1], i)
		}
	}
	return nil
}

// nameBytes has the bytes that a name may hold.
var nameBytes = func() (set [256]bool) {
	for _, c := range []byte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:-") {
		set[c] = true
	}
	return set
}()
