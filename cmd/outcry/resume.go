package main

import (
	"context"
	"path/filepath"
	"time"

	"outcry/gateways/resume"
)

// resumeKeysEvery is how often a changed key file is looked for.
const resumeKeysEvery = 10 * time.Second

// resumeSettings are what an operator says of resume tokens.
type resumeSettings struct{ keys string }

func (c *config) resumeSettings(b *settingsOf) {
	b.text(&c.resume.keys, "resume.keys_file", "resume-keys", "", "file of the keys of resume tokens, the same on all nodes; empty: resume.keys in the folder, made when it is missing")
}

// openKeys reads the keys of resume tokens. A file that was named has to be there: one
// that is made anew would not be the other nodes'.
func (c *config) openKeys() (*resume.Keys, error) {
	if c.resume.keys == "" {
		return resume.OpenFile(filepath.Join(c.data, "resume.keys"), true)
	}
	return resume.OpenFile(c.resume.keys, false)
}

// followKeys takes over what becomes of the file. A slip in it leaves the keys as they are.
func (a *app) followKeys(ctx context.Context, k *resume.Keys) {
	tick := time.NewTicker(resumeKeysEvery)
	defer tick.Stop()
	said := ""
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		err := k.Refresh()
		switch {
		case err == nil:
			said = ""
		case err.Error() != said:
			said = err.Error()
			a.config.logger.Warn("keys of resume tokens stay as they were", "error", err)
		}
	}
}
