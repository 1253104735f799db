package room

import outcryv1 "outcry/proto/outcry/v1"

// target finds a post that is to be changed, in its present state: in the
// state, or in the Base that the gateway read of it.
func (f *folding) target(b *outcryv1.Base, seq uint64) (*outcryv1.Message, reason) {
	m, why := f.known(seq)
	if m != nil || why != staleBase {
		return m, why
	}
	if !f.sound(b, seq) || b.AsOfSeq < f.past.forgotten {
		return nil, staleBase
	}
	return f.based(b)
}

// answered finds a post that is to be answered. Of that only matters what never
// changes, so a Base may be of any age.
func (f *folding) answered(b *outcryv1.Base, seq uint64) (*outcryv1.Message, reason) {
	m, why := f.known(seq)
	if m != nil || why != staleBase {
		return m, why
	}
	if !f.sound(b, seq) {
		return nil, staleBase
	}
	return f.based(b)
}

// known finds a post in the state; staleBase: it is older than what the state has.
func (f *folding) known(seq uint64) (*outcryv1.Message, reason) {
	if seq == 0 || seq > f.head {
		return nil, unknownMessage
	}
	m := f.past.find(seq)
	switch {
	case m == nil:
		return nil, staleBase
	case !isPost(m.Kind):
		return nil, notAPost
	}
	return m, 0
}

// sound says that a Base is one of that message. Gateways make no others.
func (f *folding) sound(b *outcryv1.Base, seq uint64) bool {
	m := b.GetMessage()
	return m != nil && m.Room == f.id && m.Seq == seq && m.ChangeSeq <= b.AsOfSeq && b.AsOfSeq <= f.head &&
		(!isPost(m.Kind) || soundPost(m))
}

func (f *folding) based(b *outcryv1.Base) (*outcryv1.Message, reason) {
	if !isPost(b.Message.Kind) {
		return nil, notAPost
	}
	return ownPost(f.id, b.Message), 0
}
