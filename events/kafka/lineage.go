package kafka

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
)

// lineage names the log by what makes it this one and no other: the cluster,
// the ids that its topics got when they were created, and how many partitions
// they have, because another number files entities elsewhere. It is found
// again at each start, so nothing of ours has to be kept in Kafka.
func (c *cluster) lineage() string {
	h := sha256.New()
	fmt.Fprintf(h, "outcry lineage 1\n%s\n", c.id)
	for _, t := range c.topics {
		fmt.Fprintf(h, "%s %x %d\n", t.kind, [16]byte(t.id), t.partitions)
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}
