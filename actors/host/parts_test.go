package host

import (
	"bytes"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"outcry/events"
	"outcry/internal/digest"
	"outcry/internal/zpack"
	"outcry/projections"
)

// driven is a shard without an actor, with its log and store.
type driven struct {
	*bed
	shard *shard
}

func drive(b *bed) *driven {
	c := b.config().withDefaults()
	return &driven{bed: b, shard: newShard(&c, events.Room, 0)}
}

func (d *driven) say(t testing.TB, rooms ...string) {
	p := d.bed.say("x", rooms...)
	payload := d.log.mu.records[place{events.Room, 0}][p.Offset]
	if _, err := d.shard.fold(t.Context(), record{offset: p.Offset, checksum: digest.Checksum(payload), payload: payload}); err != nil {
		t.Fatal(err)
	}
}

// begin starts a checkpoint; end packs the rest of it and stores it.
func (d *driven) begin() *packing { return d.shard.beginPacking(d.log.Lineage()) }

func (d *driven) end(t testing.TB, p *packing) {
	p.step(math.MaxInt)
	d.shard.packing = nil
	for _, raw := range p.full {
		part := projections.Part{Key: raw.key, Data: zpack.Pack(raw.data)}
		if err := d.store.Add(t.Context(), &projections.Rows{Parts: []projections.Part{part}}, nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.store.Add(t.Context(), &projections.Rows{Checkpoints: []projections.Checkpoint{p.row}}, nil); err != nil {
		t.Fatal(err)
	}
}

// Parts that nobody merges would fill the store and slow every start down.
func TestPartsOfACheckpointStayFewAndHoldLittleGarbage(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		b := newBed()
		b.padding = rapid.IntRange(0, 3000).Draw(rt, "padding")
		d := drive(b)
		for i := range 300 {
			d.say(t, name(i))
		}
		rooms := rapid.IntRange(1, 9).Draw(rt, "rooms between two")
		for range rapid.IntRange(70, 150).Draw(rt, "checkpoints") {
			first := rapid.IntRange(0, 290).Draw(rt, "room")
			for i := range rooms {
				d.say(t, name(first+i))
			}
			d.end(t, d.begin())
		}
		var size, live int64
		for _, p := range d.shard.parts {
			size, live = size+p.size, live+p.live
			if p.live*2 < p.size {
				rt.Errorf("part %v holds %d bytes, %d of them in use", p.key, p.size, p.live)
			}
		}
		var entities int64
		for _, e := range d.shard.all {
			entities += e.partBytes
		}
		if live != entities || size > 2*live {
			rt.Errorf("parts hold %d bytes, count %d in use; the entities' are %d", size, live, entities)
		}
		if len(d.shard.parts) > maxParts+1+int(size/smallPart) {
			rt.Errorf("%d parts", len(d.shard.parts))
		}
	})
}

// A part that mixes two moments would restore a state that never was.
func TestEntityThatChangesWhilePackingIsPackedAsItWas(t *testing.T) {
	b := newBed()
	b.padding = 50 << 10
	d := drive(b)
	for i := range 20 {
		d.say(t, name(i))
	}
	want := d.shard.hashes()
	p := d.begin()
	p.step(1)
	for i := range 15 { // five stay in the first one's parts
		d.say(t, name(i), name(100+i))
	}
	changed := d.shard.hashes()
	d.end(t, p)
	l, err := d.shard.source.load(t.Context(), p.row)
	if err != nil {
		t.Fatal(err)
	}
	got := drive(b)
	got.shard.adopt(l)
	same(t, "the checkpoint", got.shard.hashes(), want)
	same(t, "the shard", d.shard.hashes(), changed)
	// What changed meanwhile belongs to the next one.
	p = d.begin()
	d.end(t, p)
	if l, err = d.shard.source.load(t.Context(), p.row); err != nil {
		t.Fatal(err)
	}
	got = drive(b)
	got.shard.adopt(l)
	same(t, "the next checkpoint", got.shard.hashes(), changed)
	var live, entities int64
	for _, part := range got.shard.parts {
		live += part.live
	}
	for _, e := range got.shard.all {
		entities += e.partBytes
	}
	if live != entities {
		t.Errorf("restored, the parts count %d bytes in use, the entities have %d", live, entities)
	}
}

func samplePart() (projections.PartKey, []byte) {
	key := projections.PartKey{Kind: events.Room, Partition: 3, Offset: 70, Index: 1}
	h := partHead{key: key, now: 9, since: -5, bytes: 12}
	data := h.append(nil)
	for _, e := range sampleEntries() {
		data = e.append(data)
	}
	return key, appendChecksum(data)
}

func sampleEntries() []entry {
	return []entry{
		{id: "pit", hash: digest.Sum([]byte("a")), deadline: 77, touched: 9, snapshot: []byte("state")},
		{id: "bar", deadline: -1, parked: &parking{offset: 5, reason: "because"}, snapshot: []byte{}},
	}
}

// What is written must be what is read, or restarts lose what they do not read.
func TestPartComesBackAsItWas(t *testing.T) {
	key, data := samplePart()
	key.Writer = "anybody"
	h, entries, sizes, err := readPart(data, key)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(sampleEntries(), entries, cmp.AllowUnexported(entry{}, parking{})); diff != "" {
		t.Error(diff)
	}
	if h.now != 9 || h.since != -5 || h.bytes != 12 || len(sizes) != 2 {
		t.Errorf("head %+v, sizes %v", h, sizes)
	}
	key.Index = 2
	if _, _, _, err := readPart(data, key); err == nil {
		t.Error("another part was taken for this one")
	}
	for i := range data {
		damaged := bytes.Clone(data)
		damaged[i] ^= 4
		key.Index = 1
		if _, _, _, err := readPart(damaged, key); err == nil {
			t.Errorf("a flipped bit in byte %d was not seen", i)
		}
	}
}

// Bytes of a damaged store must give an error, never a panic or much memory.
func FuzzReadPart(f *testing.F) {
	_, data := samplePart()
	f.Add(data[:len(data)-8])
	f.Add([]byte{})
	f.Add([]byte{1, 2, 3, 70, 1, 0, 0, 0, 255, 255, 255, 255, 15})
	f.Fuzz(func(t *testing.T, body []byte) {
		key := projections.PartKey{Kind: events.Room, Partition: 3, Offset: 70, Index: 1}
		// With its checksum right, so that what is behind it is reached.
		h, entries, sizes, err := readPart(appendChecksum(bytes.Clone(body)), key)
		if err != nil {
			return
		}
		again := h.append(nil)
		for i := range entries {
			again = entries[i].append(again)
		}
		_, got, _, err := readPart(appendChecksum(again), key)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(entries, got, cmp.AllowUnexported(entry{}, parking{})); diff != "" {
			t.Fatal(diff)
		}
		if len(sizes) != len(entries) {
			t.Fatalf("%d sizes of %d entries", len(sizes), len(entries))
		}
	})
}
