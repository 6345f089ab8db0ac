package report

import (
	"bytes"
	"encoding/json"
	"flag"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

var update = flag.Bool("update", false, "write docs/report.schema.json and the golden files anew")

const schemaPath = "../../docs/report.schema.json"

// TestSchemaDescribesTheReport keeps the published schema true: it is made
// from the struct and its comments.
func TestSchemaDescribesTheReport(t *testing.T) {
	comments := fieldComments(t)
	root := schemaOf(reflect.TypeFor[Report](), comments)
	root["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	root["title"] = "The report of kinde-migrate"
	root["properties"].(map[string]any)["schema"] = map[string]any{"const": Schema}
	want, err := json.MarshalIndent(root, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	want = append(want, '\n')
	if *update {
		if err := os.WriteFile(schemaPath, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(schemaPath)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is not what the struct says; go test ./internal/report -update writes it anew", schemaPath)
	}
}

func TestReportsFitTheSchema(t *testing.T) {
	schema, err := jsonschema.NewCompiler().Compile(schemaPath)
	if err != nil {
		t.Fatal(err)
	}
	for name, r := range map[string]*Report{"empty": New("import"), "full": full()} {
		var b bytes.Buffer
		if err := r.WriteJSON(&b); err != nil {
			t.Fatal(err)
		}
		doc, err := jsonschema.UnmarshalJSON(&b)
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(doc); err != nil {
			t.Errorf("the %s report: %v", name, err)
		}
	}
}

// schemaOf describes a type.
func schemaOf(t reflect.Type, comments map[string]string) map[string]any {
	switch {
	case t == reflect.TypeFor[time.Time]():
		return map[string]any{"type": "string", "format": "date-time"}
	case t == reflect.TypeFor[Planned]():
		count := map[string]any{"type": "integer", "minimum": 0}
		return map[string]any{"oneOf": []any{count, map[string]any{
			"type": "object", "required": []any{"min", "max"}, "properties": map[string]any{"min": count, "max": count},
		}}}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return schemaOf(t.Elem(), comments)
	case reflect.String:
		return map[string]any{"type": "string"}
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.Int64, reflect.Int:
		return map[string]any{"type": "integer", "minimum": 0}
	case reflect.Float64:
		return map[string]any{"type": "number", "minimum": 0}
	case reflect.Slice:
		return map[string]any{"type": "array", "items": schemaOf(t.Elem(), comments)}
	case reflect.Map:
		if t.Elem().Kind() == reflect.Interface {
			return map[string]any{"type": "object"}
		}
		return map[string]any{"type": "object", "additionalProperties": schemaOf(t.Elem(), comments)}
	case reflect.Struct:
		properties, required := map[string]any{}, []any{}
		addFields(t, comments, properties, &required)
		return map[string]any{"type": "object", "properties": properties, "required": required}
	}
	panic("no schema for " + t.String())
}

func addFields(t reflect.Type, comments map[string]string, properties map[string]any, required *[]any) {
	for i := range t.NumField() {
		f := t.Field(i)
		if !f.IsExported() {
			continue
		}
		if f.Anonymous {
			addFields(f.Type, comments, properties, required)
			continue
		}
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		property := schemaOf(f.Type, comments)
		if c := comments[t.Name()+"."+f.Name]; c != "" {
			property["description"] = c
		}
		properties[name] = property
		if options != "omitempty" && options != "omitzero" {
			*required = append(*required, name)
		}
	}
}

// fieldComments reads what report.go says of each field.
func fieldComments(t *testing.T) map[string]string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "report.go", nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.TypeSpec)
		if !ok {
			return true
		}
		s, ok := spec.Type.(*ast.StructType)
		if !ok {
			return false
		}
		for _, f := range s.Fields.List {
			text := strings.TrimSpace(f.Doc.Text())
			if text == "" {
				text = strings.TrimSpace(f.Comment.Text())
			}
			for _, name := range f.Names {
				out[spec.Name.Name+"."+name.Name] = strings.ReplaceAll(text, "\n", " ")
			}
		}
		return false
	})
	return out
}

// full is a report in which everything happened.
func full() *Report {
	r := New("import")
	r.Version, r.RunID = "v1.0.0", "20260102T030405Z-0a1b2c3d"
	r.StartedAt = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	r.FinishedAt, r.ElapsedSeconds = r.StartedAt.Add(90*time.Second), 90
	r.Resumed = true
	r.Source = Source{Files: []File{{Path: "users.ndjson", Bytes: 12345, SHA256: strings.Repeat("ab", 32)}}, Format: "ndjson", Preset: "auth0",
		Evidence: []string{"user_id begins with auth0|"}, MappingSHA256: strings.Repeat("cd", 32), Rows: 1205, Filtered: 3}
	r.Target = Target{Domain: "https://acme.kinde.com", Environment: "Production", Live: true}
	r.Totals = Totals{Records: 1205, Created: 1100, Updated: 40, Unchanged: 50, Skipped: 5, Rejected: 7, Failed: 3}
	r.Steps["memberships"] = Step{Wanted: 1500, Done: 1497, Failed: 3}
	r.Steps["identities"] = Step{Wanted: 1203, Done: 1203}
	r.Passwords = Passwords{
		Set:            900,
		ByMethod:       map[string]int64{"bcrypt": 850, "django-pbkdf2-sha256": 50},
		Unsupported:    4,
		Stale:          2,
		ResetRequested: 6,
		Hashes:         910,
		Joined:         906,
		JoinedNobody:   4,
	}
	r.SignIn = SignIn{SamePassword: 900, NewPassword: 6, Social: 200, Code: 80, Suspended: 9, None: 3, MFALost: 12}
	r.API = API{
		Calls:          2400,
		Throttled:      12,
		Retried:        14,
		CallsPerUser:   2.105,
		CallsPerSecond: 26.7,
		LearnedRate:    50,
		ByOperation: map[string]Operation{
			"createUser": {1110, 1107, 3}, "SetUserPassword": {900, 900, 0}, "getUsers": {390, 390, 0}},
		CallsPlanned: map[string]Planned{
			"createUser": {Min: 5, Max: 5, Exact: true},
			"getUsers":   {Min: 1, Max: 4},
		},
		PlannedSeconds: &Planned{Min: 1, Max: 60},
		PlannedRate:    50,
	}
	r.Reconciliation = Reconciliation{
		Performed:     true,
		Fresh:         true,
		Matched:       1188,
		Missing:       1,
		Different:     1,
		Explained:     15,
		CheckedFields: []string{"given_name"},
		NotVerifiable: []string{
			"password",
			"feature flags",
		},
		Differences: []Difference{
			{SourceID: "auth0|1", KindeID: "kp_1", Kind: "different", Field: "given_name", Expected: "Ana", Actual: "Anna"},
		},
	}
	r.Problems = Problems{
		ByCode:    map[string]int64{"EMAIL_INVALID": 7, "PASSWORD_UNSUPPORTED": 4, "API_FAILED": 3},
		Truncated: false,
		Items: []Problem{
			{
				File:     "users.ndjson",
				Record:   17,
				Line:     18,
				SourceID: "auth0|x",
				Severity: "error",
				Code:     "EMAIL_INVALID",
				Field:    "email",
				Message:  "\"nobody\" is not an address",
				Hint:     "",
			},
			{
				File:     "users.ndjson",
				Record:   18,
				Line:     19,
				SourceID: "auth0|y",
				Severity: "warning",
				Code:     "PASSWORD_UNSUPPORTED",
				Field:    "password",
				Message:  "argon2id is not among the methods of Kinde",
				Hint:     "They are asked for a new password.",
			},
			{
				File:     "users.ndjson",
				Record:   20,
				Line:     21,
				SourceID: "auth0|z",
				Severity: "error",
				Code:     "API_FAILED",
				Field:    "memberships",
				Message:  "AddOrganizationUsers: 502 bad gateway",
				Hint:     "",
			},
		},
	}
	r.Organizations = []OrganizationSignIn{{Organization: "acme", Users: 10, SignIn: SignIn{SamePassword: 10}}}
	r.Files = []string{"report.json", "outcomes.csv"}
	return r
}
