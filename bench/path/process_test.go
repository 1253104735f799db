package path

import (
	"os"
	"runtime"
	"testing"
	"time"
)

// A wrong field would blame broker or store for what they did not use.
func TestTheTimesOfAProcessAreThoseOfUserAndSystem(t *testing.T) {
	got, err := statCPU("7 (a ) b (c) S 1 7 7 0 -1 4194560 1 2 3 4 150 25 6 7 20 0 1 0 100 1 2")
	if err != nil || got != 1750*time.Millisecond {
		t.Errorf("%s, %v", got, err)
	}
	if _, err := statCPU("7 (cut off) S 1"); err == nil {
		t.Error("what is cut off has times")
	}
	if runtime.GOOS != "linux" {
		t.Skip("Linux only")
	}
	ours, err := ProcessCPU(os.Getpid())
	if self := CPUTime(); err != nil || ours > self+clockTick || self-ours > 200*time.Millisecond {
		t.Errorf("this process used %s, the system counts %s; %v", ours, self, err)
	}
}
