package main

import (
	"fmt"
	"os"
	"runtime"
	"strings"
)

// highestMemory of the server's process so far, in kB; 0 where the system does not tell.
func (s *server) highestMemory() (kB int) {
	s.t.Helper()
	if runtime.GOOS != "linux" {
		return 0
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.cmd.Process.Pid))
	if err != nil {
		s.t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(status), "VmHWM:")
	if _, err := fmt.Sscan(after, &kB); err != nil {
		s.t.Fatalf("reading the highest memory: %v", err)
	}
	return kB
}
