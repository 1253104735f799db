package embedded

// A report names so many damages at most; the others are counted.
const reportDamages = 1000

// Report is what Check found.
type Report struct {
	Lineage                         string
	Segments                        int
	Groups, Records, Payload, Bytes int64
	// Damages, at most 1,000, in the order of the files; More were not kept.
	Damages []*DamageError
	More    int
	// Indexes are those that are missing or damaged. They are made again
	// when they are needed.
	Indexes []string
	// TornBytes stand behind the last whole group, and were never
	// acknowledged; opening the log cuts them off. Torn says where they begin.
	TornBytes int64
	Torn      *DamageError
}
