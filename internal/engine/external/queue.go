package external

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"portico/internal/egress"
	"portico/internal/ident"
)

// queue sends messages to the queues of C-ENG-4, of SQS or of what speaks as it does. The credentials are those that the
// server's environment has, or a session of a role that is assumed with them.
type queue struct {
	endpoint *url.URL      // nil is Amazon's, of the region
	account  ident.Account // empty: that of the product
	region   ident.Region  // empty: that of the product
	prefix   string        // before the names
	role     string
}

func (q queue) carry(ctx context.Context, to target, message []byte) ([]byte, error) {
	region := string(cmp.Or(q.region, to.region))
	c, err := config.LoadDefaultConfig(ctx, config.WithRegion(region))
	if err != nil {
		return nil, fmt.Errorf("find credentials for queues: %w", err)
	}
	if q.role != "" {
		c.Credentials = aws.NewCredentialsCache(stscreds.NewAssumeRoleProvider(sts.NewFromConfig(c), q.role))
	}
	base := "https://sqs." + region + ".amazonaws.com"
	client := sqs.NewFromConfig(c, func(o *sqs.Options) {
		if q.endpoint != nil {
			base = strings.TrimSuffix(q.endpoint.String(), "/")
			o.BaseEndpoint = &base
		}
		o.HTTPClient = egress.Client(egress.Private) // the operator named the address
	})
	address := base + "/" + string(cmp.Or(q.account, to.account)) + "/" + q.prefix + to.queue
	text := string(message)
	if _, err := client.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: &address, MessageBody: &text}); err != nil {
		return nil, fmt.Errorf("send to queue %s%s: %w", q.prefix, to.queue, err)
	}
	return nil, nil
}
