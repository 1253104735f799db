package embedded

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"outcry/internal/digest"
)

const (
	metaFile   = "log.json"
	metaFormat = 1
	metaMax    = 4 << 10
)

// meta is what is fixed when a log is created. It is written last, so a
// folder that has it has a first segment.
type meta struct {
	Format               int    `json:"format"`
	Lineage              string `json:"lineage"`
	InstrumentPartitions int    `json:"instrument_partitions"`
	RoomPartitions       int    `json:"room_partitions"`
	// Key of the header checksums, 32 hexadecimal digits.
	Key string `json:"key"`
	// Checksum is XXH3-64 of this very JSON with an empty checksum.
	Checksum string `json:"checksum"`
}

func newMeta(s shape) *meta {
	var random [32]byte
	rand.Read(random[:]) // never fails
	return &meta{
		Format:               metaFormat,
		Lineage:              hex.EncodeToString(random[:16]),
		Key:                  hex.EncodeToString(random[16:]),
		InstrumentPartitions: s.instruments,
		RoomPartitions:       s.rooms,
	}
}

func (m *meta) shape() shape { return shape{m.InstrumentPartitions, m.RoomPartitions} }

func (m *meta) key() (k key, err error) {
	b, err := hex.DecodeString(m.Key)
	if err != nil || len(b) != len(k) {
		return k, fmt.Errorf("%s: the key is not %d hexadecimal digits", metaFile, 2*len(k))
	}
	return key(b), nil
}

func (m meta) encode() ([]byte, error) {
	m.Checksum = ""
	b, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return nil, err
	}
	m.Checksum = fmt.Sprintf("%016x", digest.Checksum(b))
	b, err = json.MarshalIndent(m, "", "  ")
	return append(b, '\n'), err
}

// decodeMeta takes exactly what encode writes.
func decodeMeta(b []byte) (*meta, error) {
	m := new(meta)
	if err := json.Unmarshal(b, m); err != nil {
		return nil, damagedMeta(err.Error())
	}
	if m.Format != metaFormat {
		return nil, fmt.Errorf("%s: format %d, this program knows %d", metaFile, m.Format, metaFormat)
	}
	again, err := m.encode()
	if err != nil {
		return nil, err
	}
	if string(again) != string(b) {
		return nil, damagedMeta("the checksum does not hold")
	}
	s := m.shape()
	if s.instruments < 1 || s.rooms < 1 || s.instruments > partitionsMax || s.rooms > partitionsMax {
		return nil, damagedMeta("the partitions are out of bounds")
	}
	return m, nil
}

func damagedMeta(reason string) error { return &DamageError{Segment: metaFile, Reason: reason} }

// readMeta gives nil where there is none.
func readMeta(fs FS, dir string) (*meta, error) {
	b, err := readFile(fs, filepath.Join(dir, metaFile), metaMax)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", metaFile, err)
	}
	return decodeMeta(b)
}

func (m *meta) write(fs FS, dir string) error {
	b, err := m.encode()
	if err != nil {
		return err
	}
	return writeFile(fs, dir, metaFile, b)
}

const tempSuffix = ".tmp"

// writeFile replaces a small file whole: who reads it sees the old or the new bytes.
func writeFile(fs FS, dir, name string, data []byte) error {
	temp := filepath.Join(dir, name+tempSuffix)
	if err := writeTemp(fs, temp, data); err != nil {
		return fmt.Errorf("writing %s: %w", temp, err)
	}
	if err := fs.Rename(temp, filepath.Join(dir, name)); err != nil {
		return fmt.Errorf("renaming %s: %w", temp, err)
	}
	if err := fs.SyncDir(dir); err != nil {
		return &syncError{dir, err}
	}
	return nil
}

func writeTemp(fs FS, name string, data []byte) error {
	f, err := fs.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_TRUNC)
	if err != nil {
		return err
	}
	if _, err := f.WriteAt(data, 0); err != nil {
		return closing(f, err)
	}
	if err := f.Sync(); err != nil {
		return closing(f, &syncError{name, err})
	}
	return f.Close()
}

// readFile reads a file of at most max bytes.
func readFile(fs FS, name string, max int64) ([]byte, error) {
	f, err := fs.OpenFile(name, os.O_RDONLY)
	if err != nil {
		return nil, err
	}
	size, err := f.Size()
	if err != nil {
		return nil, closing(f, err)
	}
	if size > max {
		return nil, closing(f, fmt.Errorf("%d bytes, at most %d are expected", size, max))
	}
	b := make([]byte, size)
	n, err := f.ReadAt(b, 0)
	if n == len(b) && errors.Is(err, io.EOF) {
		err = nil
	}
	return b[:n], closing(f, err)
}

// closing closes what an error, or the end, leaves behind.
func closing(c io.Closer, err error) error { return errors.Join(err, c.Close()) }
