package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"portico/internal/catalog"
	"portico/internal/ident"
	"portico/internal/store"
)

// The most that idle workers may take of a processor.
const idling = 0.005

const (
	launchers   = 8 // clients, each of which waits for one launch after the other
	idleTime    = 10 * time.Second
	launchTimes = 5                     // rounds of a launch take so many of others
	warmTimes   = 10                    // and so many go before: every connection of every server prepares its statements
	lookAgain   = 10 * time.Millisecond // between two looks at a record
)

// launch measures launches of a stack with one parameter, one resource and one output, from ProvisionProduct until the
// record has SUCCEEDED, and what workers cost that have nothing to do.
func (l *lab) launch(ctx context.Context) error {
	t := l.table.section(fmt.Sprintf("Launches from ProvisionProduct to SUCCEEDED, by %d clients", launchers),
		"database", "servers", "launches /s", "median ms", "p99 ms", "processor ms each")
	idle := l.table.section(fmt.Sprintf("Workers without work, over %s", idleTime), "database", "servers", "of a processor, each server", "goal")
	for _, c := range []struct {
		kind    string
		servers int
	}{{"SQLite", 1}, {"PostgreSQL", 1}, {"PostgreSQL", 3}} {
		if err := l.launchOn(ctx, c.kind, c.servers, t, idle); err != nil {
			return fmt.Errorf("%s, %d servers: %w", c.kind, c.servers, err)
		}
	}
	return nil
}

func (l *lab) launchOn(ctx context.Context, kind string, servers int, t, idle *section) error {
	o, err := l.database(ctx, kind)
	if err != nil {
		return err
	}
	if err := populate(ctx, o, l.plan.sizes[0], 0); err != nil {
		return fmt.Errorf("fill: %w", err)
	}
	if err := launchable(ctx, o); err != nil {
		return err
	}
	if err := settle(ctx, o); err != nil {
		return err
	}
	var addresses []string
	var meters []meter
	for i := range servers {
		p, err := l.portico(ctx, o, fmt.Sprintf("launch-%s-%d-%d", kind, servers, i))
		if err != nil {
			return err
		}
		defer p.stop()
		addresses, meters = append(addresses, p.address), append(meters, p.cpu)
	}
	cpu, own := sum(meters...), sum(meters...)
	if kind == "PostgreSQL" {
		behind, err := l.backends(ctx)
		if err != nil {
			return err
		}
		cpu = sum(cpu, behind)
	}
	l.say("  launches on %s, %d servers", kind, servers)
	if _, err := l.launches(ctx, addresses, warmTimes*l.plan.round); err != nil { // does not count
		return err
	}
	before, err := cpu()
	if err != nil {
		return err
	}
	began := time.Now()
	times, err := l.launches(ctx, addresses, time.Duration(l.plan.rounds*launchTimes)*l.plan.round)
	if err != nil {
		return err
	}
	took := time.Since(began)
	after, err := cpu()
	if err != nil {
		return err
	}
	slices.Sort(times)
	n := float64(len(times))
	t.add(kind, servers, n/took.Seconds(), millis(quantile(times, 0.5)), millis(quantile(times, 0.99)), millis(after-before)/n)
	return l.idle(ctx, kind, servers, own, idle)
}

// idle measures what servers take that have nothing to do.
func (l *lab) idle(ctx context.Context, kind string, servers int, cpu meter, t *section) error {
	time.Sleep(time.Second)
	before, err := cpu()
	if err != nil {
		return err
	}
	select {
	case <-time.After(idleTime):
	case <-ctx.Done():
		return ctx.Err()
	}
	after, err := cpu()
	part := float64(after-before) / float64(idleTime) / float64(servers)
	t.add(kind, servers, fmt.Sprintf("%.2f %%", 100*part), goal{fmt.Sprintf("< %.1f %%", 100*idling), part < idling})
	return err
}

func millis(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// quantile of sorted times.
func quantile(sorted []time.Duration, q float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[max(0, int(math.Ceil(q*float64(len(sorted))))-1)]
}

// launches launches for a while, and returns how long each took. What was begun is waited for.
func (l *lab) launches(ctx context.Context, addresses []string, d time.Duration) (times []time.Duration, err error) {
	var mu sync.Mutex
	var group sync.WaitGroup
	until := time.Now().Add(d)
	for i := range launchers {
		group.Go(func() {
			own, failed := launcher{serial: &l.launched}.run(ctx, addresses[i%len(addresses)], until)
			mu.Lock()
			defer mu.Unlock()
			times = append(times, own...)
			if failed != nil {
				err = failed
			}
		})
	}
	group.Wait()
	if err == nil && len(times) == 0 {
		err = fmt.Errorf("nothing was launched in %s", d)
	}
	return times, err
}

// launcher is a client that launches.
type launcher struct {
	sender
	serial *atomic.Int64
}

func (c launcher) run(ctx context.Context, address string, until time.Time) (times []time.Duration, err error) {
	if c.sender, err = dial(ctx, address); err != nil {
		return nil, err
	}
	defer c.close()
	for time.Now().Before(until) && ctx.Err() == nil {
		began := time.Now()
		if err := c.one(); err != nil {
			return times, err
		}
		times = append(times, time.Since(began))
	}
	return times, ctx.Err()
}

// one launches once and waits for the record.
func (c launcher) one() error {
	name := fmt.Sprintf("launch-%d-%d", startedAt, c.serial.Add(1))
	record, err := c.call("ProvisionProduct", object{"ProductId": launchProduct(), "ProvisioningArtifactId": launchVersion(),
		"ProvisionedProductName": name, "ProvisionToken": name, "ProvisioningParameters": []object{{"Key": "Name", "Value": name}}})
	if err != nil {
		return err
	}
	look, err := sign(userKey(0), region, "DescribeRecord", object{"Id": record.RecordId})
	if err != nil {
		return err
	}
	for record.Status != "SUCCEEDED" {
		time.Sleep(lookAgain)
		if record, err = c.answer(look); err != nil {
			return err
		}
		if record.Status == "FAILED" {
			return fmt.Errorf("record %s failed: %v", record.RecordId, record.RecordErrors)
		}
	}
	return nil
}

type launched struct {
	RecordId, Status string
	RecordErrors     []struct{ Description string }
}

func (c launcher) call(operation string, in any) (launched, error) {
	text, err := sign(userKey(0), region, operation, in)
	if err != nil {
		return launched{}, err
	}
	return c.answer(text)
}

func (c launcher) answer(request []byte) (launched, error) {
	var out struct{ RecordDetail launched }
	status, body, err := c.send(request)
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("answered %d %.300s", status, body)
	}
	if err == nil {
		err = json.Unmarshal(body, &out)
	}
	return out.RecordDetail, err
}

func launchProduct() string { return name("prod", "launch", 0) }
func launchVersion() string { return name("pa", "launch", 0) }

const launchTemplate = `{"Parameters":{"Name":{"Type":"String"}},
	"Resources":{"Handle":{"Type":"AWS::CloudFormation::WaitConditionHandle"}},"Outputs":{"Handle":{"Value":{"Fn::Sub":"${Name} ${Handle}"}}}}`

// launchable makes the product, in a portfolio that reaches the management account's first user, who may do everything.
func launchable(ctx context.Context, o store.Options) error {
	db, err := store.Open(ctx, o)
	if err != nil {
		return err
	}
	defer db.Close()
	s := &seeder{ctx: ctx, db: db, now: time.Now().UTC()}
	return db.Write(ctx, func(tx *store.Tx) error {
		shelf := name("port", "launch", 0)
		if err := s.portfolio(tx, management, shelf); err != nil {
			return err
		}
		p := catalog.Product{ID: catalog.ProductID(launchProduct()), ViewID: name("prodview", "launch", 0), Account: management, Region: region,
			Name: "Handle", OwnerText: "Platform team", Type: catalog.CloudFormation, Created: s.now}
		if err := tx.InsertProduct(p); err != nil {
			return err
		}
		a := catalog.Artifact{ID: catalog.ArtifactID(launchVersion()), Product: p.ID, Name: "v1", Type: p.Type, Active: true, Guidance: "DEFAULT", Created: s.now}
		if err := tx.InsertArtifact(a, []byte(launchTemplate)); err != nil {
			return err
		}
		if err := s.put(tx, shelf, launchProduct()); err != nil {
			return err
		}
		return tx.InsertAssociation(catalog.Association{Portfolio: catalog.PortfolioID(shelf), Account: management, Type: catalog.PrincipalIAM,
			Key: "AIDABNCHUSER" + strings.Repeat("0", 8), ARN: ident.IAMARN(management, "user", "/", "user-0")})
	})
}
