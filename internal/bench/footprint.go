package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"portico/internal/store"
)

const mib = 1 << 20

// The most that is wanted.
const (
	mostResident = 60 * mib
	mostBinary   = 60 * mib
	mostStart    = time.Second
)

// footprint measures what the binary takes: on disk, in memory when it idles, and before it serves.
func (l *lab) footprint(ctx context.Context) error {
	t := l.table.section("Footprint", "what", "figure", "goal")
	info, err := os.Stat(l.binary)
	if err != nil {
		return err
	}
	size := float64(info.Size())
	t.add("binary", fmt.Sprintf("%.1f MiB", size/mib), goal{"< 60 MiB", size < mostBinary})
	o, err := l.database(ctx, "SQLite")
	if err != nil {
		return err
	}
	for _, what := range []string{"an empty directory", "a database that is there"} {
		if err := l.oneStart(ctx, o, what, t); err != nil {
			return err
		}
	}
	return nil
}

// idle is how long a server does nothing before its memory is looked at.
const idle = time.Second

func (l *lab) oneStart(ctx context.Context, o store.Options, what string, t *section) error {
	p, err := l.start(ctx, nil, l.binary, append([]string{"serve", "--listen", "127.0.0.1:0"}, where(o, "--")...)...)
	if err != nil {
		return err
	}
	defer p.stop()
	t.add("start on "+what+" to a 200 of /readyz", p.ready.Round(time.Millisecond), goal{"< 1 s", p.ready < mostStart})
	time.Sleep(idle)
	resident, err := p.resident()
	if err != nil {
		return err
	}
	t.add("resident, idle after that start", fmt.Sprintf("%.1f MiB", resident/mib), goal{"< 60 MiB", resident < mostResident})
	return nil
}
