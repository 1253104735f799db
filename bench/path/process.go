package path

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// clockTick is the unit of times in /proc, which Linux fixed at 100 a second.
const clockTick = 10 * time.Millisecond

// ProcessCPU is what another process of this machine has used so far; Linux only.
func ProcessCPU(pid int) (time.Duration, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, fmt.Errorf("reading what process %d has used: %w", pid, err)
	}
	return statCPU(string(text))
}

// statCPU adds user and system time, fields 14 and 15; the second field may hold anything in parentheses.
func statCPU(stat string) (time.Duration, error) {
	fields := strings.Fields(stat[strings.LastIndexByte(stat, ')')+1:])
	var sum time.Duration
	for _, n := range []int{11, 12} {
		if n >= len(fields) {
			return 0, fmt.Errorf("no times in %q", stat)
		}
		ticks, err := strconv.ParseInt(fields[n], 10, 64)
		if err != nil {
			return 0, fmt.Errorf("no time in %q: %w", stat, err)
		}
		sum += time.Duration(ticks) * clockTick
	}
	return sum, nil
}
