package path

import (
	"bytes"
	"os"
	"runtime/metrics"
	"strconv"
)

// Memory of this process in bytes.
type Memory struct {
	// Heap is what was alive at the newest garbage collection, Go everything
	// that the Go runtime holds, RSS what the system counts (0 where it does not say).
	Heap uint64 `json:"heap"`
	Go   uint64 `json:"go"`
	RSS  uint64 `json:"rss"`
}

// MemoryNow reads it.
func MemoryNow() Memory {
	s := []metrics.Sample{{Name: "/gc/heap/live:bytes"}, {Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	metrics.Read(s)
	return Memory{Heap: s[0].Value.Uint64(), Go: s[1].Value.Uint64() - s[2].Value.Uint64(), RSS: rss()}
}

// rss reads Linux' statm: its second number counts pages.
func rss() uint64 {
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	fields := bytes.Fields(text)
	if len(fields) < 2 {
		return 0
	}
	pages, err := strconv.ParseUint(string(fields[1]), 10, 64)
	if err != nil {
		return 0
	}
	return pages * uint64(os.Getpagesize())
}
