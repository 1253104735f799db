package room

import (
	"bytes"
	"encoding/binary"

	outcryv1 "outcry/proto/outcry/v1"
)

// parser reads a snapshot; after its first error it gives zeros.
type parser struct {
	rest []byte
	room string
	err  error
}

func (p *parser) fail(err error) {
	if p.err == nil {
		p.err = err
	}
	p.rest = nil
}

func (p *parser) bytes(n uint64) []byte {
	if n > uint64(len(p.rest)) {
		p.fail(errShort)
		return nil
	}
	b := p.rest[:n]
	p.rest = p.rest[n:]
	return b
}

func (p *parser) byte() byte {
	if b := p.bytes(1); b != nil {
		return b[0]
	}
	return 0
}

func (p *parser) bool() bool { return p.byte() != 0 }

func (p *parser) number() uint64 {
	v, n := binary.Uvarint(p.rest)
	if n <= 0 {
		p.fail(errShort)
		return 0
	}
	p.rest = p.rest[n:]
	return v
}

// small is a number of 32 bits; a larger one is cut, and so not canonical.
func (p *parser) small() uint32 { return uint32(p.number()) }

// count is the length of a list. Each of its items takes a byte or more.
func (p *parser) count(most uint64) uint64 {
	n := p.number()
	if n > min(most, uint64(len(p.rest))) {
		p.fail(errBounds)
		return 0
	}
	return n
}

func (p *parser) signed() int64 {
	v, n := binary.Varint(p.rest)
	if n <= 0 {
		p.fail(errShort)
		return 0
	}
	p.rest = p.rest[n:]
	return v
}

func (p *parser) fixed() uint64 {
	if b := p.bytes(8); b != nil {
		return binary.LittleEndian.Uint64(b)
	}
	return 0
}

func (p *parser) text() string { return string(p.bytes(p.number())) }

// message reads what appendMessage wrote.
func (p *parser) message() *outcryv1.Message {
	mask := p.number()
	if mask > hasAll {
		p.fail(errVersion)
	}
	has := func(bit uint64) bool { return mask&bit != 0 && p.err == nil }
	m := &outcryv1.Message{Room: p.room, Seq: p.number(), Kind: outcryv1.MessageKind(p.small()), User: p.text(),
		ClockUs: p.signed(), EventTimeNs: p.signed(), Deleted: has(isDeletedBit), Imported: has(isImportedBit)}
	if has(hasText) {
		m.Text = &outcryv1.Text{KeyId: p.small(), Characters: p.small(), Data: bytes.Clone(p.bytes(p.number()))}
	}
	if has(hasClientMsgID) {
		m.ClientMsgId = []byte(p.text())
	}
	if has(hasReplyTo) {
		m.ReplyTo = p.number()
	}
	if has(hasThreadRoot) {
		m.ThreadRoot = p.number()
	}
	if has(hasAlsoRepliesTo) {
		for range p.count(repliesMax) {
			m.AlsoRepliesTo = append(m.AlsoRepliesTo, p.number())
		}
	}
	if has(hasTargetSeq) {
		m.TargetSeq = p.number()
	}
	p.rare(m, has)
	m.ChangeSeq = m.Seq
	if has(hasChange) {
		m.ChangeSeq = p.number()
	}
	return m
}

func (p *parser) rare(m *outcryv1.Message, has func(bit uint64) bool) {
	if has(hasEmoji) {
		m.Emoji = p.text()
	}
	if has(hasRole) {
		m.Role = outcryv1.Role(p.small())
	}
	if has(hasSettings) {
		m.Settings = p.settings()
	}
	if has(hasEdited) {
		m.EditedUs = p.signed()
	}
	if has(hasReactions) {
		m.Reactions = p.reactions()
	}
}

func (p *parser) settings() *outcryv1.RoomSettings {
	s := &outcryv1.RoomSettings{Title: p.text(), Topic: p.text()}
	numbers := p.number()
	s.MaxCharacters, s.Private = uint32(numbers), numbers&privateBit != 0
	s.SinceJoin = numbers&sinceJoinBit != 0
	return s
}

func (p *parser) reactions() (all []*outcryv1.Reaction) {
	for range p.count(emojiMax) {
		r := &outcryv1.Reaction{Emoji: p.text()}
		for range p.count(reactionsMax) {
			r.Users = append(r.Users, p.text())
		}
		all = append(all, r)
	}
	return all
}
