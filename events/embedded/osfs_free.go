//go:build linux || darwin

package embedded

import "syscall"

func freeRatio(dir string) (ratio float64, ok bool) {
	var st syscall.Statfs_t
	if err := syscall.Statfs(dir, &st); err != nil || st.Blocks == 0 {
		return 0, false
	}
	return float64(st.Bavail) / float64(st.Blocks), true
}
