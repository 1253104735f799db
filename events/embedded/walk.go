package embedded

// walker goes from group to group of a segment by their headers and tables,
// without reading the records in between.
type walker struct {
	files *files
	seg   *segment
	win   window

	pos      int64 // of the group that step reads next
	start    int64 // of the group that it read last
	head     groupHead
	sections []section // valid until the next step
}

// step reads the next header and table. There must be one: pos lies before
// the segment's length.
func (w *walker) step() error {
	end := w.seg.length.Load()
	b, err := w.win.at(w.pos, groupHeader, end)
	if err != nil {
		return err
	}
	if len(b) < groupHeader {
		return w.files.damage(w.seg, w.pos, "the header of a group is cut off")
	}
	h, ok := w.files.key.group(b, w.seg.number, w.pos)
	if !ok || h.form != formGroup || w.pos+int64(h.length) > end {
		return w.files.damage(w.seg, w.pos, "the header of a group is damaged")
	}
	if b, err = w.win.at(w.pos, h.tableEnd(), end); err != nil {
		return err
	}
	sections, reason := w.files.sections(&h, b, w.sections[:0])
	w.sections = sections
	if reason != "" {
		return w.files.damage(w.seg, w.pos, "group %d: %s", h.number, reason)
	}
	w.head, w.start = h, w.pos
	w.pos += int64(h.length)
	return nil
}
