package room

import (
	"crypto/sha256"
	"encoding/base32"
	"strings"

	outcryv1 "outcry/proto/outcry/v1"
)

// directPrefix begins the id of a conversation of two; directChars of its alphabet follow.
const (
	directPrefix = "dm:"
	directChars  = 32
	directBytes  = directChars * 5 / 8
	alphabet     = "abcdefghijklmnopqrstuvwxyz234567"
)

var directCode = base32.NewEncoding(alphabet).WithPadding(base32.NoPadding)

// DirectID is the room of two people's conversation, whichever of them asks: a
// hash of both names, so that nobody can make another pair that has the same, and the
// id tells nobody who they are.
func DirectID(one, other string) string {
	one, other = min(one, other), max(one, other)
	sum := sha256.Sum256([]byte("outcry direct\n" + one + "\n" + other))
	return directPrefix + directCode.EncodeToString(sum[:directBytes])
}

// IsDirect says that a room is a conversation of two, by its id.
func IsDirect(id string) bool {
	code, ok := strings.CutPrefix(id, directPrefix)
	return ok && len(code) == directChars && strings.Trim(code, alphabet) == ""
}

// direct refuses what has no place between two people, and opens their
// conversation for the first of them who says something.
func (f *folding) direct(in *outcryv1.RoomInput) (opened uint64, why reason) {
	with := in.GetWith()
	if !IsDirect(f.id) {
		if with != "" {
			return 0, badPair
		}
		return 0, 0
	}
	if with != "" && (with == in.GetUser() || !validUser(with) || DirectID(in.GetUser(), with) != f.id) {
		return 0, badPair
	}
	switch in.GetInput().(type) {
	case *outcryv1.RoomInput_Leave, *outcryv1.RoomInput_Settings, *outcryv1.RoomInput_Moderate:
		return 0, betweenTwo
	case *outcryv1.RoomInput_Join:
		if with == "" {
			return 0, betweenTwo
		}
	}
	if with == "" || f.members[with].person {
		return 0, 0
	}
	return f.open(in, with), 0
}

// open lets both in by one change, which says so with the settings that hold for good.
func (f *folding) open(in *outcryv1.RoomInput, with string) (seq uint64) {
	m := f.about(in, outcryv1.MessageKind_MESSAGE_KIND_ADD, with)
	m.ClientMsgId, m.Role = nil, outcryv1.Role_ROLE_MEMBER // the id is of what was asked for
	m.Settings = &outcryv1.RoomSettings{Title: titleOfTwo(m.User, string(m.Text.Data)), Private: true}
	f.settings = m.Settings
	f.enter(m.User, m, true)
	f.enter(string(m.Text.Data), m, true)
	f.put(m)
	return m.Seq
}

// titleOfTwo names both, in the same order for both; nothing where that is too long for a title.
func titleOfTwo(one, other string) string {
	title := min(one, other) + ", " + max(one, other)
	if len(title) > MaxTitle {
		return ""
	}
	return title
}
