package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// A tick is the unit of time in /proc/PID/stat.
const tick = 10 * time.Millisecond

// meter reads how much processor time something has taken.
type meter func() (time.Duration, error)

// sum adds up meters.
func sum(all ...meter) meter {
	return func() (total time.Duration, err error) {
		for _, m := range all {
			d, err := m()
			if err != nil {
				return 0, err
			}
			total += d
		}
		return total, nil
	}
}

// own is the time this process has taken: the client's.
func own() (time.Duration, error) {
	var u syscall.Rusage
	err := syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()), err
}

// cpu is the time a server has taken.
func (p *process) cpu() (time.Duration, error) {
	d, _, err := processTime(p.cmd.Process.Pid)
	return d, err
}

// processTime reads the time a process has taken, and its parent.
func processTime(pid int) (time.Duration, int, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, 0, err
	}
	// The name in brackets may hold anything, so the fields are counted from behind it.
	f := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
	if len(f) < 13 {
		return 0, 0, fmt.Errorf("/proc/%d/stat: %q", pid, text)
	}
	parent, err1 := strconv.Atoi(f[1])
	user, err2 := strconv.Atoi(f[11])
	system, err3 := strconv.Atoi(f[12])
	for _, err := range []error{err1, err2, err3} {
		if err != nil {
			return 0, 0, err
		}
	}
	return time.Duration(user+system) * tick, parent, nil
}

// backends is the time that the processes of the PostgreSQL server have taken which are there now. It fails when the
// server is on another machine.
func (l *lab) backends(ctx context.Context) (meter, error) {
	c, err := pgx.Connect(ctx, l.pg.String())
	if err != nil {
		return nil, err
	}
	defer c.Close(ctx)
	var pid int
	if err := c.QueryRow(ctx, "SELECT pg_backend_pid()").Scan(&pid); err != nil {
		return nil, err
	}
	_, postmaster, err := processTime(pid)
	if err != nil {
		return nil, err
	}
	return func() (total time.Duration, err error) {
		all, err := filepath.Glob("/proc/[0-9]*")
		for _, path := range all {
			pid, err := strconv.Atoi(filepath.Base(path))
			if err != nil {
				continue
			}
			if d, parent, err := processTime(pid); err == nil && parent == postmaster { // else it has ended
				total += d
			}
		}
		return total, err
	}, nil
}
