package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"outcry/events"
)

// write runs a server up to the tail, whose stop is the checkpoint, and appends the
// tail to the log alone.
func (b *startBench) write(ctx context.Context, folder string, n int) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	tap := &benchTap{}
	c, err := benchConfig(newConfig(), folder, tap)
	if err != nil {
		return err
	}
	var failed error
	var l *loader
	err = serve(ctx, c, io.Discard, func(ctx context.Context, a *app, _ string) error {
		defer stop()
		l = newLoader(a.publisher, b.instruments, 0, 1, func() int64 { return tap.folded.Load() - int64(b.instruments) })
		failed = b.fill(ctx, l, n-b.tail)
		return failed
	})
	if err = errors.Join(failed, err); err != nil {
		return err
	}
	ctx = context.WithoutCancel(ctx)
	log, err := openLog(ctx, c, newMetrics())
	if err != nil {
		return err
	}
	p := events.NewPublisher(log, events.PublisherConfig{GroupEvery: groupEvery})
	l.stream = p.Open("bench", l.epoch, l.mode)
	for sent := 0; sent < b.tail && err == nil; sent += loadSend {
		if err = l.send(ctx, int64(min(loadSend, b.tail-sent))); err == nil {
			_, err = l.stream.Flush(ctx)
		}
	}
	return errors.Join(err, p.Close(ctx), log.Close())
}

// fill sends n events and waits until they are folded.
func (b *startBench) fill(ctx context.Context, l *loader, n int) error {
	if err := l.define(ctx); err != nil {
		return err
	}
	for int(l.sent.Load()) < n {
		more, err := l.wait(ctx)
		if err == nil {
			err = l.send(ctx, min(more, int64(n)-l.sent.Load()))
		}
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return err
		}
	}
	if _, err := l.stream.Flush(ctx); err != nil {
		return err
	}
	for l.folded() < int64(n) && ctx.Err() == nil {
		if _, err := l.wait(ctx); err != nil {
			return err
		}
	}
	return ctx.Err()
}

func sizeOf(folder string) (bytes int64, err error) {
	err = filepath.WalkDir(folder, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			bytes += info.Size()
		}
		return err
	})
	return bytes, err
}

func copyFile(to, from string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

// keptRows are copies of a store's files.
type keptRows struct {
	folder string
	names  []string
	bytes  int64
}

func keepRows(folder string) (k keptRows, err error) {
	k.folder = folder
	if k.names, err = filepath.Glob(filepath.Join(folder, "rows.db*")); err != nil {
		return k, err
	}
	for _, name := range k.names {
		info, err := os.Stat(name)
		if err == nil {
			err = copyFile(name+".kept", name)
		}
		if err != nil {
			return k, fmt.Errorf("keeping the rows: %w", err)
		}
		k.bytes += info.Size()
	}
	return k, nil
}

// restore undoes what a server did: it may have taken a checkpoint.
func (k *keptRows) restore() error {
	for _, name := range []string{"rows.db-wal", "rows.db-shm"} {
		if err := os.Remove(filepath.Join(k.folder, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("restoring the rows: %w", err)
		}
	}
	for _, name := range k.names {
		if err := copyFile(name, name+".kept"); err != nil {
			return fmt.Errorf("restoring the rows: %w", err)
		}
	}
	return nil
}
