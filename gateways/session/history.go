package session

import (
	"context"

	"google.golang.org/protobuf/proto"

	"outcry/events"
	"outcry/gateways/identity"
	outcryv1 "outcry/proto/outcry/v1"
)

// defaultPage is the page of a request that names no limit.
const defaultPage = 50

// history answers with a page of a room's changes, beside the turn.
func (s *Session) history(m *outcryv1.HistoryRequest) {
	page := &outcryv1.HistoryPage{Request: m.GetRequest(), Room: m.GetRoom()}
	if page.Error = s.historyRefusal(m); page.Error != nil {
		s.replyPage(page)
		return
	}
	s.reads.histories++
	who := s.access.who
	s.read(func(ctx context.Context) func() {
		s.shared.readPage(identity.With(ctx, who), m, page)
		return func() {
			s.reads.histories--
			if why := s.demand(identity.See, m.GetRoom()); why != nil { // it was granted when the page was asked for
				page = &outcryv1.HistoryPage{Request: m.GetRequest(), Room: m.GetRoom(), Error: why}
			}
			s.replyPage(page)
		}
	})
}

func (s *Session) replyPage(p *outcryv1.HistoryPage) {
	s.reply(&outcryv1.ServerFrame{Frame: &outcryv1.ServerFrame_History{History: p}})
}

func (s *Session) historyRefusal(m *outcryv1.HistoryRequest) *outcryv1.Error {
	switch err := events.ValidID(m.GetRoom()); {
	case err != nil:
		return invalid("%v", err)
	case !s.access.who.May(identity.See, m.GetRoom()):
		return s.demand(identity.See, m.GetRoom())
	case m.GetBeforeSeq() != 0 && m.GetAfterSeq() != 0:
		return invalid("give before_seq or after_seq, not both")
	case m.GetLimit() > pageItems:
		return invalid("limit: %d, at most %d", m.GetLimit(), pageItems)
	case s.reads.histories >= s.config.Limits.Histories:
		return failure(outcryv1.ErrorCode_ERROR_CODE_OVERLOADED, "%d pages wait to be read", s.reads.histories)
	}
	return nil
}

// readPage reads what was asked for, at most pageBytes of it: the client pages on from there.
func (s *Sessions) readPage(ctx context.Context, m *outcryv1.HistoryRequest, page *outcryv1.HistoryPage) {
	read, err := s.readMessages(ctx, m)
	if err != nil {
		code := outcryv1.ErrorCode_ERROR_CODE_UNAVAILABLE
		if s.config.CodeOf != nil {
			code = s.config.CodeOf(err)
		}
		page.Error = failure(code, "%v", err)
		return
	}
	all := read.GetMessages()
	page.HeadSeq = read.GetHeadSeq()
	if m.GetAfterSeq() != 0 {
		page.Messages = all[:fitting(all, false)]
	} else {
		page.Messages = all[len(all)-fitting(all, true):]
	}
}

func (s *Sessions) readMessages(ctx context.Context, m *outcryv1.HistoryRequest) (*outcryv1.MessagesResponse, error) {
	release, err := s.slot(ctx)
	if err != nil {
		return nil, err
	}
	defer release()
	limit := m.GetLimit()
	if limit == 0 {
		limit = defaultPage
	}
	return s.config.History.Messages(ctx, &outcryv1.MessagesRequest{
		Room: m.GetRoom(), BeforeSeq: m.GetBeforeSeq(), AfterSeq: m.GetAfterSeq(), Limit: limit})
}

// fitting counts how many messages from the one end go into a page; at least one.
func fitting(messages []*outcryv1.Message, fromEnd bool) int {
	bytes := 0
	for n := range messages {
		m := messages[n]
		if fromEnd {
			m = messages[len(messages)-1-n]
		}
		if bytes += proto.Size(m); bytes > pageBytes && n > 0 {
			return n
		}
	}
	return len(messages)
}
