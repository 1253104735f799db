package sqlite

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"
	"pgregory.net/rapid"

	"outcry/projections"
	"outcry/projections/words"
	outcryv1 "outcry/proto/outcry/v1"
)

// Rows that a restart forgets would be folded from the beginning of the log.
func TestRowsOutliveTheProcess(t *testing.T) {
	path := filepath.Join(t.TempDir(), "rows.db")
	room := &outcryv1.Room{Room: "r", HeadSeq: 1}
	first, err := Open(path, Config{Lineage: "l"})
	if err != nil {
		t.Fatal(err)
	}
	if err := first.Write(t.Context(), &projections.Rows{Rooms: []*outcryv1.Room{room}}); err != nil {
		t.Fatal(err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	got, err := opened(t, path, Config{Lineage: "l"}).Room(t.Context(), "r")
	if diff := cmp.Diff(room, got, protocmp.Transform()); err != nil || diff != "" {
		t.Error(err, diff)
	}
}

// change runs SQL on a file that nobody has open.
func change(t *testing.T, path, statement string) {
	t.Helper()
	db, err := connect(path, 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(statement); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// Writing into somebody else's database, or rows of another log, ruins both.
func TestWhatIsNotOursIsRefusedAndLeftUntouched(t *testing.T) {
	ours := func(t *testing.T, path string) {
		s, err := Open(path, Config{Lineage: "l"})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	for name, c := range map[string]struct {
		make func(t *testing.T, path string)
		want error
	}{
		"a text file": {func(t *testing.T, path string) {
			if err := os.WriteFile(path, bytes.Repeat([]byte("no database\n"), 1000), 0o644); err != nil {
				t.Fatal(err)
			}
		}, ErrForeign},
		"another program's tables": {func(t *testing.T, path string) { change(t, path, "CREATE TABLE songs (name)") }, ErrForeign},
		"another program's meta":   {func(t *testing.T, path string) { change(t, path, "CREATE TABLE meta (version)") }, ErrForeign},
		"another meta of the same shape": {func(t *testing.T, path string) {
			change(t, path, "CREATE TABLE meta (key, value); INSERT INTO meta VALUES ('schema', 1)")
		}, ErrForeign},
		"a newer schema": {func(t *testing.T, path string) {
			ours(t, path)
			change(t, path, "UPDATE meta SET value = '2' WHERE key = 'outcry_schema'")
		}, ErrNewer},
		"another lineage": {func(t *testing.T, path string) {
			ours(t, path)
			change(t, path, "UPDATE meta SET value = 'another' WHERE key = 'lineage'")
		}, ErrLineage},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "rows.db")
			c.make(t, path)
			before, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if s, err := Open(path, Config{Lineage: "l"}); !errors.Is(err, c.want) {
				t.Errorf("Open gave %v, %v; want %v", s, err, c.want)
			}
			if after, err := os.ReadFile(path); err != nil || !bytes.Equal(before, after) {
				t.Errorf("the file was changed (%v)", err)
			}
		})
	}
}

// A store opened once without a lineage belongs to the first log that names one.
func TestTheFirstLineageIsKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "rows.db")
	for _, lineage := range []string{"", "l", "", "l"} {
		s, err := Open(path, Config{Lineage: lineage})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := Open(path, Config{Lineage: "m"}); !errors.Is(err, ErrLineage) {
		t.Errorf("another lineage: %v", err)
	}
	if _, err := Open(filepath.Join(t.TempDir(), "missing", "rows.db"), Config{}); err == nil {
		t.Error("a file in a folder that is not there was opened")
	}
}

// Bytes that a disk has changed must be named, never shown as prices.
func TestADamagedFileIsNamed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "rows.db")
	s, err := Open(path, Config{})
	if err != nil {
		t.Fatal(err)
	}
	rows := &projections.Rows{}
	for i := range int64(2000) {
		rows.Bars = append(rows.Bars, &outcryv1.Bar{Instrument: "A", Resolution: outcryv1.Resolution_RESOLUTION_1S, Time: i})
	}
	if err := errors.Join(s.Write(t.Context(), rows), s.Close()); err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	copy(file[len(file)-5*4096:], bytes.Repeat([]byte{0x5a}, 4*4096)) // among the bars
	if err := os.WriteFile(path, file, 0o644); err != nil {
		t.Fatal(err)
	}
	s = opened(t, path, Config{})
	_, err = s.Bars(t.Context(), projections.BarsQuery{Instrument: "A", Resolution: outcryv1.Resolution_RESOLUTION_1S, Limit: 5000})
	if !errors.Is(err, ErrDamaged) {
		t.Errorf("reading gave %v", err)
	}
}

// The log is cut off behind a checkpoint: what it says must be on the disk.
func TestACheckpointIsSyncedAndOrdinaryRowsAreNot(t *testing.T) {
	s := opened(t, filepath.Join(t.TempDir(), "rows.db"), Config{})
	for _, c := range []struct {
		rows *projections.Rows
		want int // 1 NORMAL, 2 FULL
	}{
		{&projections.Rows{Checkpoints: []projections.Checkpoint{{Kind: 1}}}, 2},
		{&projections.Rows{Rooms: []*outcryv1.Room{{Room: "r"}}}, 1},
	} {
		if err := s.Write(t.Context(), c.rows); err != nil {
			t.Fatal(err)
		}
		var level int // of the one connection that wrote
		if err := s.writes.QueryRow("PRAGMA synchronous").Scan(&level); err != nil || level != c.want {
			t.Errorf("synchronous is %d, %v; want %d", level, err, c.want)
		}
	}
}

// Somebody's forgotten transaction in a shell must not stop the server's reads, and its end must let writes go on.
func TestAShellInATransactionDoesNotStopUs(t *testing.T) {
	s, path := filled(t)
	conn, err := shell(t, path).Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.ExecContext(t.Context(), "BEGIN; SELECT count(*) FROM bars"); err != nil {
		t.Fatal(err)
	}
	if err := s.Write(t.Context(), &projections.Rows{Rooms: []*outcryv1.Room{{Room: "new"}}}); err != nil {
		t.Errorf("writing beside a reader: %v", err)
	}
	if room, err := s.Room(t.Context(), "new"); err != nil || room == nil {
		t.Errorf("reading gave %v, %v", room, err)
	}
}

// Turnovers pass 64 bits every day.
func TestIntegersOf128BitsComeBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		edge := rapid.SampledFrom([]int64{0, -1, 1, math.MaxInt64, math.MinInt64})
		n := &outcryv1.Int128{Hi: rapid.OneOf(rapid.Int64(), edge).Draw(t, "hi"), Lo: rapid.Uint64().Draw(t, "lo")}
		text := digits(n).(string)
		got, err := parseDigits(&text)
		if diff := cmp.Diff(n, got, protocmp.Transform()); err != nil || diff != "" {
			t.Fatal(text, err, diff)
		}
	})
	for _, text := range []string{"", "1.5", "x", "170141183460469231731687303715884105728", fmt.Sprint("-", "170141183460469231731687303715884105729")} {
		if n, err := parseDigits(&text); !errors.Is(err, ErrDamaged) {
			t.Errorf("%q was read as %v, %v", text, n, err)
		}
	}
}

// Words in the file that this program does not know come from damage or a newer version; both must be said.
func TestUnknownWordsAreNotGuessed(t *testing.T) {
	if n, err := kinds.value("nonsense"); !errors.Is(err, ErrDamaged) {
		t.Errorf("read as %d, %v", n, err)
	}
	if _, err := words.ParseReactions("[{"); !errors.Is(damaged(err), ErrDamaged) {
		t.Error(err)
	}
	if _, err := kindOf("weather"); !errors.Is(err, ErrDamaged) {
		t.Error(err)
	}
	if errors.Is(explain(sql.ErrNoRows), ErrDamaged) {
		t.Error("every error is called damage")
	}
}
