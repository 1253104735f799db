package embedded

// Queued is how many bytes wait in the queue.
func (l *Log) Queued() int64 {
	l.queue.mu.Lock()
	defer l.queue.mu.Unlock()
	return l.queue.bytes
}
