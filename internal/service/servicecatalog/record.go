package servicecatalog

import (
	"context"
	"strconv"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/fault"
	"portico/internal/ident"
	"portico/internal/service/servicecatalog/api"
	"portico/internal/store"
)

// newRecord makes a record about a provisioned product, as it is to be.
func (s *Service) newRecord(kind string, pp catalog.ProvisionedProduct, o catalog.Order) catalog.Record {
	now := s.Now()
	r := catalog.Record{ID: catalog.RecordID(s.IDs.New("rec")), Account: pp.Account, Region: pp.Region, Type: kind, Status: catalog.RecordCreated,
		ProvisionedProduct: pp.ID, Name: pp.Name, Kind: o.Kind, Product: pp.Product, Artifact: pp.Artifact, Path: pp.Path, LaunchRole: pp.LaunchRole,
		UserARN: pp.UserARN, UserSession: pp.UserSession, Tags: o.Tags.Caller, Created: now, Updated: now, Order: o}
	r.Work.PhysicalID = o.PhysicalID
	return r
}

// onceRecord accepts what a request asks for and answers its record. The same request again is answered with the same
// record, as it is by then, to the same user or role: to another it is another request, for the record may be none that it
// reaches. (C-GEN-6, C-REC-6)
func (s *Service) onceRecord(ctx context.Context, who access.Caller, op, token string, in any, accept func(*store.Tx) (catalog.Record, error)) (*api.RecordDetail, error) {
	key, err := s.replayKey(who, op, token, in)
	if err != nil {
		return nil, err
	}
	var r catalog.Record
	asker, _ := catalog.Owner(who)
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		r = catalog.Record{}
		id, err := once(s, tx, key, func() (*catalog.RecordID, error) {
			var err error
			r, err = accept(tx)
			return &r.ID, err
		})
		if err == nil && r.ID == "" {
			r, _, err = tx.Record(*id)
			if was, _ := catalog.Owner(r.Order.Caller); err == nil && was != asker {
				err = usedBefore(token)
			}
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return recordDetail(r), nil
}

func recordDetail(r catalog.Record) *api.RecordDetail {
	d := &api.RecordDetail{RecordId: string(r.ID), ProvisionedProductName: r.Name, Status: api.RecordStatus(r.Status), CreatedTime: r.Created,
		UpdatedTime: r.Updated, ProvisionedProductType: r.Kind, RecordType: r.Type, ProvisionedProductId: string(r.ProvisionedProduct),
		ProductId: string(r.Product), ProvisioningArtifactId: string(r.Artifact), PathId: r.Path, LaunchRoleArn: r.LaunchRole,
		RecordErrors: []api.RecordError{}, RecordTags: []api.RecordTag{}}
	for _, e := range r.Errors {
		d.RecordErrors = append(d.RecordErrors, api.RecordError{Code: e.Code, Description: e.Description})
	}
	for _, t := range r.Tags {
		d.RecordTags = append(d.RecordTags, api.RecordTag(t))
	}
	return d
}

// recordOutputs are the outputs of a record: first the stack that it made or changed. (C-REC-2)
func recordOutputs(r catalog.Record) []api.RecordOutput {
	out := []api.RecordOutput{}
	made := r.Type == catalog.ProvisionRecord || r.Type == catalog.UpdateRecord || r.Type == catalog.ImportRecord
	switch {
	case !made || r.Work.PhysicalID == "":
	case r.Kind == catalog.StackKind:
		out = append(out, recordOutput("CloudformationStackARN", r.Work.PhysicalID, "The ARN of the launched Cloudformation Stack"))
	case r.Kind == catalog.StackSetKind:
		out = append(out, recordOutput("CloudformationStackSetARN", r.Work.PhysicalID, "The ARN of the launched Cloudformation StackSet"))
	}
	for _, o := range r.Outputs {
		out = append(out, recordOutput(o.Key, o.Value, o.Description))
	}
	return out
}

// recordOutput is an output as answers have it: what is empty is left out.
func recordOutput(key, value, description string) api.RecordOutput {
	present := func(s string) *string {
		if s == "" {
			return nil
		}
		return &s
	}
	return api.RecordOutput{OutputKey: present(key), OutputValue: present(value), Description: present(description)}
}

// cutList is cut for a list that does not change: the key is the place in it.
func cutList[T any](p pager, all []T) ([]T, string) {
	from, _ := strconv.Atoi(p.key(0)) // a page token is only taken back as it was given out
	rest := all[min(from, len(all)):]
	rest = rest[:min(len(rest), p.limit())]
	return cut(p, rest, func(T) ident.Page { return ident.Page{strconv.Itoa(from + p.size)} })
}

// recordFor reads a record that the caller reaches: by who owns its provisioned product now, and once that is gone by
// who did then. (C-REC-6, C-PP-17, C-PP-21)
func recordFor(tx *store.Tx, who access.Caller, id string) (catalog.Record, error) {
	r, ok, err := tx.Record(catalog.RecordID(id))
	if err != nil {
		return r, err
	}
	if !ok || r.Account != who.Account || r.Region != who.Region {
		return r, catalog.RecordNotFound(catalog.RecordID(id))
	}
	user, session := r.UserARN, r.UserSession
	pp, ok, err := tx.Provisioned(r.ProvisionedProduct)
	if err != nil {
		return r, err
	}
	if ok {
		user, session = pp.UserARN, pp.UserSession
	}
	if !levelOf(who).Covers(who, user, session) {
		return r, fault.Deniedf("You are not authorized to access record %s", id)
	}
	return r, nil
}

// DescribeRecord shows a record with its outputs. (C-REC-1 … 4, C-REC-6, C-PP-13)
func (s *Service) DescribeRecord(ctx context.Context, who access.Caller, in *api.DescribeRecordInput) (*api.DescribeRecordOutput, error) {
	pg, err := page("DescribeRecord", who, in.PageSize, in.PageToken, in.Id)
	if err != nil {
		return nil, err
	}
	out := new(api.DescribeRecordOutput)
	err = s.DB.Read(ctx, func(tx *store.Tx) error {
		r, err := recordFor(tx, who, in.Id)
		if err != nil {
			return err
		}
		out.RecordDetail = recordDetail(r)
		out.RecordOutputs, out.NextPageToken = cutList(pg, recordOutputs(r))
		return nil
	})
	return out, err
}

// ListRecordHistory lists records, newest first. (C-REC-5, C-PP-21)
func (s *Service) ListRecordHistory(ctx context.Context, who access.Caller, in *api.ListRecordHistoryInput) (*api.ListRecordHistoryOutput, error) {
	level, err := listLevel(who, in.AccessLevelFilter, catalog.UserLevel)
	if err != nil {
		return nil, err
	}
	filter, scope, err := recordFilter(in.SearchFilter)
	if err != nil {
		return nil, err
	}
	pg, err := page("ListRecordHistory", who, in.PageSize, in.PageToken, levelScope(level), scope)
	if err != nil {
		return nil, err
	}
	out := &api.ListRecordHistoryOutput{RecordDetails: []api.RecordDetail{}}
	err = s.DB.Read(ctx, func(tx *store.Tx) error {
		rs, err := tx.Records(store.WhoseOf(who, level), filter, pg.after, pg.limit())
		if err != nil {
			return err
		}
		rs, out.NextPageToken = cut(pg, rs, func(r catalog.Record) ident.Page { return store.TimeKey(r.Created.UnixMicro(), string(r.ID)) })
		for _, r := range rs {
			out.RecordDetails = append(out.RecordDetails, *recordDetail(r))
		}
		return nil
	})
	return out, err
}

func recordFilter(f *api.ListRecordHistorySearchFilter) (out store.RecordFilter, scope string, err error) {
	if f == nil {
		return out, "", nil
	}
	key, value := deref(f.Key), deref(f.Value)
	switch {
	case key == "product" && value != "":
		out.Product = catalog.ProductID(value)
	case key == "provisionedproduct" && value != "":
		out.Provisioned = catalog.ProvisionedProductID(value)
	default:
		return out, "", fault.Invalidf("Invalid SearchFilter: Key must be product or provisionedproduct, with an id as Value")
	}
	return out, key + " " + value, nil
}

// Record is a record with its step log, for operators.
type Record struct {
	*api.RecordDetail
	Account string // of the launcher (S-ROL-5)
	Stack   string // whose account the stack is in (S-ROL-2, S-ROL-3)
	// StackSet is where the stacks of a stack set were to be worked on, each in the account that pays for it. (C-CONS-51)
	StackSet *Targets `json:",omitempty"`
	Actor    string   // ARN of the launch role, or of the caller whose rights were used (S-ROL-6)
	// When it was asked to be given up, and by whom: ARN. (C-REC-7)
	CancelledTime, CancelledBy string `json:",omitempty"`

	Outputs []api.RecordOutput
	Steps   []Line
}

// Targets are accounts and regions: a stack in each region of each account.
type Targets struct {
	Accounts []ident.Account
	Regions  []ident.Region
}

// Line is one step of a record.
type Line struct {
	Time       string
	Resource   string `json:",omitempty"`
	Type       string `json:",omitempty"`
	PhysicalId string `json:",omitempty"`
	Status     string
	Reason     string `json:",omitempty"`
}

// ShowRecord tells everything about a record that the caller reaches.
func (s *Service) ShowRecord(ctx context.Context, who access.Caller, id string) (*Record, error) {
	if id == "" {
		return nil, fault.Invalidf("A record must be specified")
	}
	var out *Record
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		r, err := recordFor(tx, who, id)
		if err != nil {
			return err
		}
		out, err = showRecord(tx, r)
		return err
	})
	return out, err
}

// showRecord is a record with its step log.
func showRecord(tx *store.Tx, r catalog.Record) (*Record, error) {
	lines, err := tx.Lines(string(r.ID))
	if err != nil {
		return nil, err
	}
	out := &Record{RecordDetail: recordDetail(r), Account: string(r.Account), Stack: string(r.Order.Stack), Actor: r.Actor(),
		Outputs: recordOutputs(r), Steps: []Line{}}
	if set := r.Order.StackSet; set != nil {
		out.StackSet = &Targets{set.Accounts, set.Regions}
	}
	if !r.Cancelled.IsZero() {
		out.CancelledTime, out.CancelledBy = r.Cancelled.Format(stepTime), r.CancelledBy
	}
	for _, l := range lines {
		out.Steps = append(out.Steps, Line{l.At.Format(stepTime), l.Resource, l.Type, l.PhysicalID, l.Status, l.Reason})
	}
	return out, nil
}

const stepTime = "2006-01-02T15:04:05.000Z07:00"
