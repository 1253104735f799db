package room

import (
	"fmt"

	outcryv1 "outcry/proto/outcry/v1"
)

// reason is why an input is refused. The numbers stand in snapshots: new ones
// go to the end, none is used again.
type reason uint8

const (
	badUser reason = iota + 1
	badID
	idAhead
	noInput
	badText
	badEmoji
	badSettings
	badImport
	tooLong
	tooManyBytes
	unknownRoom
	unknownMessage
	notAPost
	notAMember
	notTheAuthor
	notStaff
	tooOld
	conflict
	staleBase
	roomFull
	isDeleted
	tooManyReactions
	badModeration
	notThere
	notThem
	isBanned
	isPrivate
	tooManyBans
	isMuted
	tooManyMutes
	badPair
	betweenTwo
	reasonsEnd
)

// refusals says the reasons. The texts hold nothing of the input, so that the
// same refusal can be given again.
var refusals = [reasonsEnd]struct {
	code outcryv1.ErrorCode
	text string
}{
	badUser:          {invalid, fmt.Sprintf("the user must have 1 to %d bytes of UTF-8", maxUser)},
	badID:            {invalid, "client_msg_id must be a UUIDv7 of 16 bytes"},
	idAhead:          {invalid, fmt.Sprintf("the time in client_msg_id is more than %d s ahead of the server's", MaxAhead/1000)},
	noInput:          {invalid, "the input asks for nothing that this server knows"},
	badText:          {invalid, "the text is missing, empty, or its count of characters is wrong"},
	badEmoji:         {invalid, fmt.Sprintf("an emoji must have 1 to %d bytes of UTF-8", MaxEmoji)},
	badSettings:      {invalid, fmt.Sprintf("settings may have a title of %d bytes and a topic of %d, UTF-8, and at most %d for max_characters", MaxTitle, MaxTopic, MaxCharacters)},
	badImport:        {invalid, "posts, actions, joins, leaves, renames to a name and notices can be imported, nothing else"},
	tooLong:          {outcryv1.ErrorCode_ERROR_CODE_TOO_LARGE, "the message has more characters than the room allows"},
	tooManyBytes:     {outcryv1.ErrorCode_ERROR_CODE_TOO_LARGE, fmt.Sprintf("the text has more than %d bytes", MaxText)},
	unknownRoom:      {outcryv1.ErrorCode_ERROR_CODE_UNKNOWN_ROOM, "nobody has ever joined this room"},
	unknownMessage:   {outcryv1.ErrorCode_ERROR_CODE_UNKNOWN_MESSAGE, "the room has no message of that seq"},
	notAPost:         {outcryv1.ErrorCode_ERROR_CODE_UNKNOWN_MESSAGE, "that seq is not a post"},
	notAMember:       {outcryv1.ErrorCode_ERROR_CODE_NOT_A_MEMBER, "join the room first"},
	notTheAuthor:     {outcryv1.ErrorCode_ERROR_CODE_FORBIDDEN, "only its author may do that to a message"},
	notStaff:         {outcryv1.ErrorCode_ERROR_CODE_FORBIDDEN, "only the owner and moderators of the room may do that"},
	tooOld:           {outcryv1.ErrorCode_ERROR_CODE_TOO_OLD, "the room remembers no ids or sequences as old as this one"},
	conflict:         {outcryv1.ErrorCode_ERROR_CODE_CONFLICT, "the same client_msg_id came with another command before"},
	staleBase:        {outcryv1.ErrorCode_ERROR_CODE_STALE_BASE, "the message is too old to be known here, and what came beside the command does not say how it is now"},
	roomFull:         {outcryv1.ErrorCode_ERROR_CODE_ROOM_FULL, fmt.Sprintf("the room has %d members", membersMax)},
	isDeleted:        {outcryv1.ErrorCode_ERROR_CODE_DELETED, "the message was deleted"},
	badModeration:    {invalid, fmt.Sprintf("moderating needs an action that this server knows and a user of 1 to %d bytes of UTF-8", maxUser)},
	notThere:         {outcryv1.ErrorCode_ERROR_CODE_NOT_A_MEMBER, "that person is not there"},
	notThem:          {outcryv1.ErrorCode_ERROR_CODE_FORBIDDEN, "nobody may do that to the owner, or to himself"},
	isBanned:         {outcryv1.ErrorCode_ERROR_CODE_FORBIDDEN, "that person was banned from the room"},
	isPrivate:        {outcryv1.ErrorCode_ERROR_CODE_FORBIDDEN, "the room is private: its staff add people"},
	tooManyBans:      {outcryv1.ErrorCode_ERROR_CODE_ROOM_FULL, fmt.Sprintf("%d people are banned from the room: unban some first", bansMax)},
	isMuted:          {outcryv1.ErrorCode_ERROR_CODE_FORBIDDEN, "you were muted in this room, until its staff unmutes you"},
	tooManyMutes:     {outcryv1.ErrorCode_ERROR_CODE_ROOM_FULL, fmt.Sprintf("%d people are muted in the room: unmute some first", mutesMax)},
	badPair:          {invalid, "a conversation of two is opened by one of them, with the other, in the room whose id is made of both names"},
	betweenTwo:       {outcryv1.ErrorCode_ERROR_CODE_FORBIDDEN, "a conversation of two has no others, no staff and no settings, and is not left"},
	tooManyReactions: {outcryv1.ErrorCode_ERROR_CODE_TOO_MANY_REACTIONS, fmt.Sprintf("a message may have %d different emoji and %d reactions", emojiMax, reactionsMax)},
}

const invalid = outcryv1.ErrorCode_ERROR_CODE_INVALID
