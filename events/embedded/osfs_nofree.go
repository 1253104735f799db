//go:build !linux && !darwin

package embedded

func freeRatio(string) (ratio float64, ok bool) { return 0, false }
