package scylla

import (
	"slices"

	"github.com/scylladb/gocqlx/v2/qb"
	"github.com/scylladb/gocqlx/v2/table"
)

// writes are the statements of Write. All but those of parts, checkpoints and
// what never changes end with the row's timestamp.
type writes struct {
	latest, bars, barSeqs, mark, blocks, blocksBySeq, messages, members, userRooms, rooms string
	name, bucket, partIndex, chunk, partSize, checkpoint                                  string
	dropPart, dropPartIndex, dropCheckpoint                                               string
}

// reads are the statements of all questions.
type reads struct {
	latest, barsUp, barsDown, barsOfSeqs, barSeqs, block, blocksBySeq, blockBefore string
	messagesUp, messagesDown, members, userRooms, room                             string
	names, bucketsUp, bucketsDown, partSize, part, parts, checkpoints              string
}

// schema is the tables of a keyspace, as builders.
type schema map[string]*table.Table

func schemaOf(keyspace string) schema {
	s := schema{}
	for _, d := range tables {
		s[d.name] = table.New(d.metadata(keyspace))
	}
	return s
}

// versioned inserts a row whole, with the timestamp of its version.
func (s schema) versioned(name string, but ...string) string {
	b := qb.Insert(s[name].Name())
	for _, c := range s[name].Metadata().Columns {
		if !slices.Contains(but, c) {
			b.Columns(c)
		}
	}
	text, _ := b.TimestampNamed("version").ToCql()
	return text
}

func (s schema) insert(name string, names ...string) string {
	b := qb.Insert(s[name].Name()).Columns(names...)
	text, _ := b.ToCql()
	return text
}

func (s schema) remove(name string) string {
	text, _ := s[name].Delete()
	return text
}

// find reads columns of one partition where more conditions hold.
func (s schema) find(name string, names []string, order *order, more ...qb.Cmp) string {
	b := qb.Select(s[name].Name()).Columns(names...)
	for _, key := range s[name].Metadata().PartKey {
		b.Where(qb.Eq(key))
	}
	b.Where(more...)
	if order != nil {
		for _, column := range order.columns {
			b.OrderBy(column, order.direction)
		}
	}
	text, _ := b.ToCql()
	return text
}

type order struct {
	columns   []string
	direction qb.Order
}

func (s schema) all(name string, but ...string) []string {
	var names []string
	for _, c := range s[name].Metadata().Columns {
		if !slices.Contains(but, c) {
			names = append(names, c)
		}
	}
	return names
}

func (s schema) writes() writes {
	mark, _ := qb.Update(s["bars"].Name()).TimestampNamed("version").Set("marked_us").Where(s["bars"].PrimaryKeyCmp()...).ToCql()
	dropPart := qb.Delete(s["snapshot_parts"].Name())
	for _, key := range s["snapshot_parts"].Metadata().PartKey {
		dropPart.Where(qb.Eq(key))
	}
	part, _ := dropPart.ToCql()
	return writes{
		latest: s.versioned("latest"), bars: s.versioned("bars", "marked_us"), barSeqs: s.insert("bar_seqs", s.all("bar_seqs")...), mark: mark,
		blocks: s.versioned("tick_blocks"), blocksBySeq: s.versioned("blocks_by_seq"), messages: s.versioned("messages"),
		members: s.versioned("room_members"), userRooms: s.versioned("user_rooms"), rooms: s.versioned("rooms"),
		name: s.insert("names", s.all("names")...), bucket: s.insert("buckets", s.all("buckets")...),
		partIndex: s.insert("parts", s.all("parts")...), chunk: s.insert("snapshot_parts", s.all("snapshot_parts", "size")...),
		partSize:   s.insert("snapshot_parts", s.all("snapshot_parts", "chunk", "data")...),
		checkpoint: s.insert("checkpoints", s.all("checkpoints")...),
		dropPart:   part, dropPartIndex: s.remove("parts"), dropCheckpoint: s.remove("checkpoints"),
	}
}

func (s schema) reads() reads {
	down := func(columns ...string) *order { return &order{columns, qb.DESC} }
	up := func(columns ...string) *order { return &order{columns, qb.ASC} }
	bars, messages := s.all("bars", "part", "bucket"), s.all("messages", "bucket")
	between := []qb.Cmp{qb.Eq("instrument"), qb.GtOrEq("time"), qb.Lt("time")}
	seqs := []qb.Cmp{qb.Gt("seq"), qb.Lt("seq")}
	buckets := []qb.Cmp{qb.GtOrEq("bucket"), qb.LtOrEq("bucket")}
	return reads{
		latest: s.find("latest", s.all("latest", "bucket"), nil, qb.Eq("instrument")),
		barsUp: s.find("bars", bars, up("instrument", "time"), between...), barsDown: s.find("bars", bars, down("instrument", "time"), between...),
		// Looks at an instrument's bars of one span, some 1,500 rows, and gives those of 256 seqs.
		barsOfSeqs:  s.find("bars", bars, nil, qb.Eq("instrument"), qb.Gt("bar_seq"), qb.Lt("bar_seq")) + " ALLOW FILTERING",
		barSeqs:     s.find("bar_seqs", []string{"seqs", "bucket"}, nil, qb.GtOrEq("seqs")),
		block:       s.find("tick_blocks", s.all("tick_blocks"), nil, qb.Eq("first_seq")),
		blocksBySeq: s.find("blocks_by_seq", s.all("blocks_by_seq", "instrument", "bucket"), nil, qb.GtOrEq("first_seq")),
		blockBefore: s.find("blocks_by_seq", []string{"first_seq"}, down("first_seq"), qb.LtOrEq("first_seq")),
		messagesUp:  s.find("messages", messages, up("seq"), seqs...), messagesDown: s.find("messages", messages, down("seq"), seqs...),
		members:   s.find("room_members", s.all("room_members"), nil, qb.Gt("user")),
		userRooms: s.find("user_rooms", []string{"room", "present"}, nil, qb.Gt("room")),
		room:      s.find("rooms", s.all("rooms"), nil),
		names:     s.find("names", []string{"name"}, nil, qb.Gt("name")),
		bucketsUp: s.find("buckets", []string{"bucket"}, up("bucket"), buckets...), bucketsDown: s.find("buckets", []string{"bucket"}, down("bucket"), buckets...),
		partSize: s.find("snapshot_parts", []string{"size"}, nil), part: s.find("snapshot_parts", []string{"size", "chunk", "data"}, nil),
		parts:       s.find("parts", []string{"at_offset", "writer", "part"}, nil, qb.LtOrEq("at_offset")),
		checkpoints: s.find("checkpoints", s.all("checkpoints"), nil),
	}
}
