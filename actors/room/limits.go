package room

import (
	"unicode/utf8"

	outcryv1 "outcry/proto/outcry/v1"
)

// Limits of what people may say; more is refused. Gateways check them too, to
// say what is wrong before anything is appended.
const (
	// MaxText bounds the bytes of a text.
	MaxText = 64 << 10
	// MaxCharacters bounds RoomSettings.max_characters, DefaultCharacters is its default.
	MaxCharacters     = 16_000
	DefaultCharacters = 2_000
	// MaxEmoji, MaxTitle and MaxTopic bound bytes.
	MaxEmoji = 64
	MaxTitle = 256
	MaxTopic = 2_048
)

// Bounds of the state, and of what one message may grow to.
const (
	maxUser      = 257    // bytes
	membersMax   = 10_000 // people: ROOM_FULL; names of an archive are not listed any more
	emojiMax     = 64     // different ones of a message: TOO_MANY_REACTIONS
	reactionsMax = 1_024  // of a message: TOO_MANY_REACTIONS
	repliesMax   = 64     // that one imported message answers; more are counted as unresolved
	// sealBytes is what encrypting a text may add to its bytes.
	sealBytes = 64
)

func validUser(name string) bool {
	return len(name) > 0 && len(name) <= maxUser && utf8.ValidString(name)
}

func validEmoji(emoji string) bool {
	return len(emoji) > 0 && len(emoji) <= MaxEmoji && utf8.ValidString(emoji)
}

func validSettings(s *outcryv1.RoomSettings) bool {
	return len(s.GetTitle()) <= MaxTitle && utf8.ValidString(s.GetTitle()) &&
		len(s.GetTopic()) <= MaxTopic && utf8.ValidString(s.GetTopic()) && s.GetMaxCharacters() <= MaxCharacters
}

// textFault says what is wrong with a text by its numbers: rules never read one.
func (s *State) textFault(t *outcryv1.Text) reason {
	limit := uint32(DefaultCharacters)
	if n := s.settings.GetMaxCharacters(); n > 0 {
		limit = n
	}
	bytes, characters := uint64(len(t.GetData())), uint64(t.GetCharacters())
	switch {
	case bytes > MaxText:
		return tooManyBytes
	case characters == 0 || bytes < characters || bytes > utf8.UTFMax*characters+sealBytes:
		return badText
	case characters > uint64(limit):
		return tooLong
	}
	return 0
}
