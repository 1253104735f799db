package sqlite

import (
	"bytes"
	"errors"
	"path/filepath"
	"testing"

	"outcry/internal/zpack"
	"outcry/projections"
	outcryv1 "outcry/proto/outcry/v1"
)

// Blocks are written once: those of a store from before blocks were packed must be read for ever.
func TestBlocksOfAnOlderStoreAreRead(t *testing.T) {
	s, data := opened(t, filepath.Join(t.TempDir(), "rows.db"), Config{}), []byte("ticks of old")
	if err := s.Write(t.Context(), &projections.Rows{Blocks: []*outcryv1.TickBlock{{Instrument: "A", FirstSeq: 1, LastSeq: 1, Ticks: 1}}}); err != nil {
		t.Fatal(err)
	}
	put := func(packed []byte) {
		t.Helper()
		if _, err := s.writes.ExecContext(t.Context(), "UPDATE tick_blocks SET data = ?", packed); err != nil {
			t.Fatal(err)
		}
	}
	put(zpack.Pack(data))
	blocks, err := s.Blocks(t.Context(), "A", 0, 1)
	if err != nil || len(blocks) != 1 || !bytes.Equal(blocks[0].Data, data) {
		t.Fatalf("%v, %v", blocks, err)
	}
	put([]byte{1, 2, 3})
	if _, err := s.Blocks(t.Context(), "A", 0, 1); !errors.Is(err, ErrDamaged) {
		t.Fatalf("a damaged block gave %v", err)
	}
}
