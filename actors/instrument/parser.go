package instrument

import "encoding/binary"

// parser reads a snapshot; after its first error it gives zeros.
type parser struct {
	rest []byte
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
		p.fail(errSnapshotShort)
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

func (p *parser) number() uint64 {
	v, n := binary.Uvarint(p.rest)
	if n <= 0 {
		p.fail(errSnapshotShort)
		return 0
	}
	p.rest = p.rest[n:]
	return v
}

func (p *parser) numbers(to ...*uint64) {
	for _, v := range to {
		*v = p.number()
	}
}

func (p *parser) signed(to ...*int64) {
	for _, v := range to {
		*v = unzigzag(p.number())
	}
}

func (p *parser) text() string { return string(p.bytes(p.number())) }

func (p *parser) key() uint64 {
	if b := p.bytes(8); b != nil {
		return binary.LittleEndian.Uint64(b)
	}
	return 0
}
