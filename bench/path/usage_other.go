//go:build !unix

package path

import "time"

var began = time.Now()

// CPUTime is the time since the start where the system does not say what this process used.
func CPUTime() time.Duration { return time.Since(began) }
