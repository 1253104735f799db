package embedded

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
)

// Check reads all of the log in dir and verifies every checksum, that offsets
// are dense, and that segments follow each other. It changes nothing. Where
// the log is being written to, the report says so. progress,
// which may be nil, is told how many bytes of how many were read.
// Damage is in the report; an error says that reading itself failed.
func Check(dir string, fs FS, progress func(done, total int64)) (Report, error) {
	c := &checker{progress: progress}
	c.report.PID, c.report.InUse = holder(fs, dir)
	err := c.run(dir, fs)
	if !c.report.InUse { // it may have been opened meanwhile
		c.report.PID, c.report.InUse = holder(fs, dir)
	}
	if err != nil {
		err = fmt.Errorf("checking the log in %s: %w", dir, err)
	}
	return c.report, err
}

// holder asks a file system that can tell who writes to the log in dir.
func holder(fs FS, dir string) (pid int, held bool) {
	teller, ok := fs.(interface {
		Held(name string) (pid int, held bool)
	})
	if !ok {
		return 0, false
	}
	return teller.Held(filepath.Join(dir, lockFileName))
}

type checker struct {
	files    files
	report   Report
	progress func(done, total int64)
	done     int64
	total    int64
}

func (c *checker) run(dir string, fs FS) error {
	m, err := readMeta(fs, dir)
	if damage := asDamage(err); damage != nil {
		c.damaged(damage)
		return nil
	}
	if err != nil {
		return err
	}
	if m == nil {
		return fmt.Errorf("there is no %s: %w", metaFile, os.ErrNotExist)
	}
	k, err := m.key()
	if err != nil {
		return err
	}
	c.files = files{fs: fs, dir: dir, key: k, lineage: m.Lineage, shape: m.shape()}
	c.report.Lineage = m.Lineage
	names, err := fs.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("reading folder %s: %w", dir, err)
	}
	found, err := c.headers(numbers(names, segmentSuffix))
	if err != nil {
		return err
	}
	return c.segments(found)
}

// checked is a segment with the size of its file.
type checked struct {
	*segment
	size int64
}

// headers reads the header of every segment; those that are damaged are left out.
func (c *checker) headers(all []uint64) (found []checked, err error) {
	if len(all) == 0 {
		c.damaged(&DamageError{Segment: segmentName(1), Reason: "there is no segment at all"})
	}
	for i, n := range all {
		if i > 0 && n != all[i-1]+1 {
			c.damaged(&DamageError{Segment: segmentName(all[i-1] + 1), Reason: "the segment is missing"})
		}
		s, size, err := c.files.readHeader(n)
		if damage := asDamage(err); damage != nil {
			c.damaged(damage)
			continue
		}
		if err != nil {
			return nil, err
		}
		found = append(found, checked{s, size})
		c.total += size
	}
	return found, nil
}

func (c *checker) segments(found []checked) error {
	for i, s := range found {
		c.report.Segments++
		if i+1 == len(found) {
			return c.last(s)
		}
		end, follower := s.size, found[i+1]
		if follower.number == s.number+1 {
			if damage := asDamage(c.files.joins(s.segment, s.size, follower.segment)); damage != nil {
				c.damaged(damage)
			}
			end = min(s.size, follower.previous)
		}
		s.length.Store(end)
		next, err := c.sealed(s.segment, end)
		if err != nil {
			return err
		}
		if follower.number == s.number+1 {
			c.compare(follower.segment, next)
		}
		c.index(s.segment)
		c.done += s.size
	}
	return nil
}

// sealed walks over a segment that others follow: all of it must be whole.
func (c *checker) sealed(s *segment, end int64) ([]int64, error) {
	next := slices.Clone(s.base)
	scan, err := c.files.scan(s, end, next)
	if err != nil {
		return nil, err
	}
	for {
		reason, err := c.walk(scan)
		if err != nil || scan.pos == end || reason == nil {
			return next, closing(scan.win.file, err)
		}
		c.damaged(reason)
		if more, err := c.resume(scan); err != nil || !more {
			return next, closing(scan.win.file, err)
		}
	}
}

// last walks over the last segment, whose end may be torn.
func (c *checker) last(s checked) error {
	scan, err := c.files.scan(s.segment, s.size, slices.Clone(s.base))
	if err != nil {
		return err
	}
	return closing(scan.win.file, c.lastGroups(scan))
}

func (c *checker) lastGroups(scan *scanner) error {
	for {
		reason, err := c.walk(scan)
		if err != nil || scan.pos == scan.end {
			return err
		}
		behind := scan.pos + 1
		if scan.stop != nil && scan.stop.form != formGroup {
			behind = scan.pos + groupHeader
			if scan.stop.form == formNext && !c.rolled(scan.seg) {
				c.damaged(asDamage(missingNext(scan.seg)))
			}
		}
		_, found, err := scan.proof(behind)
		if err != nil {
			return err
		}
		if !found {
			if behind < scan.end {
				if reason == nil {
					reason = scan.damaged(behind, "%d bytes stand behind the mark", scan.end-behind)
				}
				c.report.TornBytes, c.report.Torn = scan.end-scan.pos, reason
			}
			return nil
		}
		if reason == nil {
			reason = scan.first()
		}
		c.damaged(reason)
		if more, err := c.resume(scan); err != nil || !more {
			return err
		}
	}
}

// walk counts groups up to the end, or to where there is none; reason may be
// nil there, at a mark.
func (c *checker) walk(scan *scanner) (reason *DamageError, err error) {
	for {
		ok, reason, err := scan.read()
		if err != nil || !ok {
			return reason, err
		}
		c.report.Groups++
		c.report.Records += int64(scan.head.records)
		c.report.Bytes += int64(scan.head.length)
		c.report.Payload += int64(scan.head.length - scan.head.tableEnd() - scan.head.records*recordHeader)
		if c.progress != nil {
			c.progress(c.done+scan.pos, c.total)
		}
	}
}

// rolled says that the next segment has come since the folder was read.
func (c *checker) rolled(s *segment) bool {
	_, _, err := c.files.readHeader(s.number + 1)
	return err == nil
}

// resume goes to the next header behind damage. Which offsets are missing
// there nobody knows, so any are taken.
func (c *checker) resume(scan *scanner) (more bool, err error) {
	at, found, err := scan.proof(scan.pos + 1)
	if err != nil || !found {
		return false, err
	}
	h, err := scan.headAt(at)
	if err != nil || h == nil {
		return false, err
	}
	scan.pos, scan.group = at, h.number
	for i := range scan.next {
		scan.next[i] = -1
	}
	return true, nil
}

// compare says whether a segment goes on where the one before it ended.
func (c *checker) compare(s *segment, next []int64) {
	for stream, offset := range next {
		if offset >= 0 && offset != s.base[stream] {
			damage := c.files.damage(s, segmentFixed+8*int64(stream), "it begins at offset %d, the segment before ends at %d", s.base[stream], offset)
			damage.Record, damage.Known = c.files.shape.position(stream, offset), true
			c.damaged(damage)
		}
	}
}

func (c *checker) index(s *segment) {
	if _, err := c.files.loadIndex(s); err != nil {
		c.report.Indexes = append(c.report.Indexes, indexName(s.number))
	}
}

func (c *checker) damaged(d *DamageError) {
	if len(c.report.Damages) == reportDamages {
		c.report.More++
		return
	}
	c.report.Damages = append(c.report.Damages, d)
}
