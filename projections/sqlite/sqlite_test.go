package sqlite

import (
	"path/filepath"
	"testing"

	"outcry/projections"
	"outcry/projections/projectionstest"
)

func opened(t testing.TB, path string, c Config) *Store {
	t.Helper()
	s, err := Open(path, c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// Everything that a store promises its users stands in the suite.
func TestSQLiteIsAStore(t *testing.T) {
	projectionstest.Run(t, func(t *testing.T) projections.Store {
		return opened(t, filepath.Join(t.TempDir(), "rows.db"), Config{Lineage: "l"})
	})
}
