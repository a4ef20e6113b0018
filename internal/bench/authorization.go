package main

import (
	"context"
	"fmt"
	"strings"

	"portico/internal/access"
	"portico/internal/store"
)

// The most that evaluating ten policies of twenty statements may cost, as a part of a whole DescribePortfolio.
const evaluation = 0.10

// authorization measures what a caller's policies cost: one user may do everything by a single statement, the other is
// allowed by the last of two hundred.
func (l *lab) authorization(ctx context.Context) error {
	t := l.table.section("DescribePortfolio by a user with one policy, and by one with 10 policies of 20 statements, processor time in µs",
		"database", "one statement", "200 statements", "their part", "goal")
	for _, kind := range kinds() {
		o, err := l.database(ctx, kind)
		if err != nil {
			return err
		}
		if err := populate(ctx, o, l.plan.sizes[0], l.plan.shares/10); err != nil {
			return fmt.Errorf("fill %s: %w", kind, err)
		}
		if err := settle(ctx, o); err != nil {
			return err
		}
		p, err := l.portico(ctx, o, "authorization-"+kind)
		if err != nil {
			return err
		}
		defer p.stop()
		cpu := p.cpu
		if kind == "PostgreSQL" {
			if cpu, err = l.onPostgres(ctx, p); err != nil {
				return err
			}
		}
		var all []*series
		for n := range users() {
			load, err := loadOf("DescribePortfolio", "DescribePortfolio", spread,
				func(i int) (key, any) { return userKey(n), object{"Id": nodePortfolio(i)} }, described)
			if err != nil {
				return err
			}
			all = append(all, &series{address: p.address, cpu: cpu, load: always(load)})
		}
		l.say("  DescribePortfolio on %s", kind)
		if err := l.alternate(ctx, all...); err != nil {
			return err
		}
		one, many := median(all[0].costs), median(all[1].costs)
		part := max(0, 1-ratio(all[0].costs, all[1].costs))
		t.add(kind, one, many, percent(part), goal{fmt.Sprintf("≤ %s", percent(evaluation)), part <= evaluation})
	}
	return nil
}

// users are the policies of the management account's users, by user.
func users() [][]string {
	services := []string{"servicecatalog", "s3", "iam", "ec2", "cloudformation", "organizations", "sqs", "sns", "kms", "lambda"}
	var many []string
	for p := range 10 {
		var statements []string
		for s := range 19 {
			statements = append(statements, fmt.Sprintf(`{"Effect":"Allow","Action":["%[1]s:Describe%[2]d*","%[1]s:List%[2]d","%[1]s:*Thing%[2]d"],
				"Resource":["arn:aws:%[1]s:*:500000000000:thing/${aws:username}/*","arn:aws:catalog:*:*:portfolio/port-%[2]d*"],
				"Condition":{"StringEquals":{"aws:RequestedRegion":["eu-west-1","us-east-1"]}}}`, services[(p+s)%len(services)], s))
		}
		statements = append(statements, `{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"NotIpAddress":{"aws:SourceIp":["127.0.0.0/8","192.0.2.0/24"]}}}`)
		if p == 9 {
			statements[0] = `{"Effect":"Allow","Action":"servicecatalog:Describe*","Resource":"arn:aws:catalog:*:500000000000:portfolio/*"}`
		}
		many = append(many, `{"Version":"2012-10-17","Statement":[`+strings.Join(statements, ",")+`]}`)
	}
	return [][]string{{`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`}, many}
}

// userKey is the key of a user of the management account.
func userKey(n int) key {
	return key{id: fmt.Sprintf("AKIABNCHUSER%08d", n), secret: fmt.Sprintf("secret-of-user-%d", n)}
}

func (s *seeder) users() error {
	return s.db.Write(s.ctx, func(tx *store.Tx) error {
		for n, policies := range users() {
			u := access.IAMUser{ID: fmt.Sprintf("AIDABNCHUSER%08d", n), Account: management, Name: fmt.Sprintf("user-%d", n), Path: "/", Created: s.now}
			if err := tx.InsertUser(u); err != nil {
				return err
			}
			k := userKey(n)
			err := tx.InsertAccessKey(access.AccessKey{ID: k.id, Account: management, User: u.ID, Secret: k.secret, Status: access.KeyActive, Created: s.now})
			if err != nil {
				return err
			}
			for i, document := range policies {
				if err := tx.PutInlinePolicy(u.ID, fmt.Sprintf("policy-%d", i), document); err != nil {
					return err
				}
			}
		}
		return nil
	})
}
