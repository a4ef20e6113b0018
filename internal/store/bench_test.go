package store_test

import (
	"context"
	"fmt"
	"testing"

	"portico/internal/catalog"
	"portico/internal/store"
	"portico/internal/testkit"
)

// things fills a table with what a portfolio row looks like.
func things(b *testing.B, o store.Options) *store.DB {
	db := testkit.Open(b, o)
	err := db.Write(context.Background(), func(tx *store.Tx) error {
		_, err := store.Exec(tx, `CREATE TABLE thing (id TEXT PRIMARY KEY, name TEXT NOT NULL, about TEXT NOT NULL,
			made BIGINT NOT NULL, account TEXT NOT NULL, region TEXT NOT NULL)`)
		for i := 0; i < thingCount && err == nil; i++ {
			_, err = store.Exec(tx, `INSERT INTO thing (id, name, about, made, account, region) VALUES ($1, $2, $3, $4, $5, $6)`,
				thingID(i), "name", "what it is about", i, "111111111111", "us-east-1")
		}
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	return db
}

const thingCount = 20000

func thingID(i int) string { return fmt.Sprintf("port-%09d", i) }

func benchRead(b *testing.B, o store.Options) {
	db := things(b, o)
	ctx, cancel := context.WithCancel(context.Background()) // as a request's context, it can be cancelled
	defer cancel()
	read := func(i int) {
		err := db.Read(ctx, func(tx *store.Tx) error {
			names, err := store.Texts(tx, `SELECT name FROM thing WHERE id = $1`, thingID(i*7919%thingCount))
			if err == nil && len(names) != 1 {
				return fmt.Errorf("%d rows", len(names))
			}
			return err
		})
		if err != nil {
			b.Error(err)
		}
	}
	b.Run("serial", func(b *testing.B) {
		b.ReportAllocs()
		i := 0
		for b.Loop() {
			i++
			read(i)
		}
	})
	b.Run("parallel", func(b *testing.B) {
		b.SetParallelism(8)
		b.RunParallel(func(pb *testing.PB) {
			for i := 0; pb.Next(); i++ {
				read(i)
			}
		})
	})
}

func benchWrite(b *testing.B, o store.Options) {
	db := things(b, o)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	write := func(i int) {
		err := db.Write(ctx, func(tx *store.Tx) error {
			_, err := store.Exec(tx, `UPDATE thing SET made = made + 1 WHERE id = $1`, thingID(i*7919%thingCount))
			return err
		})
		if err != nil {
			b.Error(err)
		}
	}
	b.Run("serial", func(b *testing.B) {
		i := 0
		for b.Loop() {
			i++
			write(i)
		}
	})
	b.Run("16writers", func(b *testing.B) {
		b.SetParallelism(8) // times GOMAXPROCS
		b.RunParallel(func(pb *testing.PB) {
			for i := 0; pb.Next(); i++ {
				write(i)
			}
		})
	})
}

func BenchmarkPointRead(b *testing.B) {
	b.Run("sqlite", func(b *testing.B) { benchRead(b, store.Options{Dir: b.TempDir()}) })
	b.Run("postgres", func(b *testing.B) { benchRead(b, store.Options{URL: testkit.Postgres(b)}) })
}

func BenchmarkRowWrite(b *testing.B) {
	b.Run("sqlite-full", func(b *testing.B) { benchWrite(b, store.Options{Dir: b.TempDir()}) })
	b.Run("sqlite-relaxed", func(b *testing.B) { benchWrite(b, store.Options{Dir: b.TempDir(), Relaxed: true}) })
	b.Run("postgres", func(b *testing.B) { benchWrite(b, store.Options{URL: testkit.Postgres(b)}) })
}

// BenchmarkEvent makes portfolios, bare and with the event of the call that makes them.
func BenchmarkEvent(b *testing.B) {
	for _, kind := range []struct {
		name string
		o    store.Options
	}{{"sqlite-relaxed", testkit.SQLite(b)}, {"postgres", store.Options{URL: testkit.Postgres(b)}}} {
		db := testkit.Open(b, kind.o)
		if err := db.Migrate(context.Background()); err != nil {
			b.Fatal(err)
		}
		made := 0
		for _, with := range []string{"bare", "event"} {
			b.Run(kind.name+"/"+with, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					ctx := context.Background()
					if with == "event" {
						p := pending(thingID(made))
						p.Agent, p.Address, p.Caller.ARN = "aws-sdk-go-v2/1.47.6 os/linux lang/go", "192.0.2.1", "arn:aws:iam::111111111111:user/ann"
						p.Parameters = []byte(`{"displayName":"Engineering","providerName":"IT","idempotencyToken":"00000000-0000-4000-8000-000000000001"}`)
						ctx = store.WithEvent(ctx, p)
					}
					made++
					err := db.Write(ctx, func(tx *store.Tx) error {
						return tx.InsertPortfolio(catalog.Portfolio{ID: catalog.PortfolioID(thingID(made)), Owner: "111111111111", Region: "us-east-1", Name: "Engineering", Provider: "IT"})
					})
					if err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
