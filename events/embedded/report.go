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
	//
	// Where InUse, they are the group that the process with this PID (0: not
	// known) is writing: it cut off its torn tail when it started.
	TornBytes int64
	Torn      *DamageError
	InUse     bool
	PID       int
}
