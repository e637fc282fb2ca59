package main

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/hashicorp/terraform-plugin-go/tfprotov5"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

const schemaText = `{"provider_schemas": {
	"registry.invalid/hashicorp/aws": {
		"provider": {"block": {}},
		"resource_schemas": {
			"aws_sqs_queue": {"version": 2, "block": {
				"attributes": {
					"arn":            {"type": "string", "computed": true},
					"id":             {"type": "string", "computed": true, "optional": true},
					"delay_seconds":  {"type": "number", "optional": true},
					"policy":         {"type": "string", "optional": true},
					"cidr_blocks":    {"type": ["list", "string"], "optional": true}
				},
				"block_types": {"route": {"nesting_mode": "list", "max_items": 2, "block": {
					"attributes": {
						"cidr_block": {"type": "string", "required": true},
						"state":      {"type": "string", "computed": true}
					}
				}}}
			}},
			"aws_lb": {"block": {"attributes": {"name": {"type": "string", "optional": true}}}},
			"aws_lb_listener": {"block": {"block_types": {"default_action": {"nesting_mode": "list", "block": {
				"block_types": {"redirect": {"nesting_mode": "list", "block": {
					"attributes": {"status_code": {"type": "string", "required": true}}
				}}}
			}}}}},
			"aws_ecs_task_definition": {"block": {"attributes": {"requires_compatibilities": {"type": ["list", "string"], "optional": true}}}}
		}
	}
}}`

func all(string) bool { return true }

func readTestCatalog(t *testing.T, isWanted func(string) bool) *catalog {
	t.Helper()
	c, err := readCatalog(strings.NewReader(schemaText), isWanted)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// fill makes an object of the type whose members are null but for the given ones.
func fill(t tftypes.Type, members map[string]any) tftypes.Value {
	values := map[string]tftypes.Value{}
	for name, memberType := range t.(tftypes.Object).AttributeTypes {
		values[name] = tftypes.NewValue(memberType, members[name])
	}
	return tftypes.NewValue(t, values)
}

func text(s string) tftypes.Value { return tftypes.NewValue(tftypes.String, s) }

func TestJudge(t *testing.T) {
	c := readTestCatalog(t, all)
	queue := c.resources["aws_sqs_queue"].ValueType().(tftypes.Object)
	route := queue.AttributeTypes["route"].(tftypes.List).ElementType
	action := c.resources["aws_lb_listener"].ValueType().(tftypes.Object).AttributeTypes["default_action"].(tftypes.List).ElementType
	redirect := action.(tftypes.Object).AttributeTypes["redirect"].(tftypes.List).ElementType
	redirects := func(code string) map[string]any {
		to := fill(redirect, map[string]any{"status_code": code})
		return map[string]any{"default_action": []tftypes.Value{fill(action, map[string]any{"redirect": []tftypes.Value{to}})}}
	}
	for _, test := range []struct {
		name, typeName string
		members        map[string]any
		want           string // of the summary, or of the detail; empty: nothing is wrong
	}{
		{"nothing set", "aws_sqs_queue", nil, ""},
		{"the provider's own", "aws_sqs_queue", map[string]any{"arn": "a"}, "value of arn"},
		{"the provider's own, unknown", "aws_sqs_queue", map[string]any{"arn": tftypes.UnknownValue}, "value of arn"},
		{"computed and optional", "aws_sqs_queue", map[string]any{"id": "a"}, ""},
		{"least number", "aws_sqs_queue", map[string]any{"delay_seconds": 0}, ""},
		{"greatest number", "aws_sqs_queue", map[string]any{"delay_seconds": 900}, ""},
		{"greater number", "aws_sqs_queue", map[string]any{"delay_seconds": 901}, "not within 0 to 900"},
		{"unknown number", "aws_sqs_queue", map[string]any{"delay_seconds": tftypes.UnknownValue}, ""},
		{"document", "aws_sqs_queue", map[string]any{"policy": `{"a": 1}`}, ""},
		{"no document", "aws_sqs_queue", map[string]any{"policy": `{"a": 1`}, "no JSON document"},
		{"empty document", "aws_sqs_queue", map[string]any{"policy": ""}, ""},
		{"networks", "aws_sqs_queue", map[string]any{"cidr_blocks": []tftypes.Value{text("10.0.0.0/16"), text("::/0")}}, ""},
		{"second network", "aws_sqs_queue", map[string]any{"cidr_blocks": []tftypes.Value{text("10.0.0.0/16"), text("10.0.0.1/16")}}, `"10.0.0.0/16" has not`},
		{"no network", "aws_sqs_queue", map[string]any{"cidr_blocks": []tftypes.Value{text("10.0.0.0")}}, "no '/'"},
		{"block", "aws_sqs_queue", map[string]any{"route": []tftypes.Value{fill(route, map[string]any{"cidr_block": "0.0.0.0/0"})}}, ""},
		{"network in a block", "aws_sqs_queue", map[string]any{"route": []tftypes.Value{fill(route, map[string]any{"cidr_block": "0.0.0.0/33"})}}, "value of route.cidr_block"},
		{"the provider's own in a block", "aws_sqs_queue", map[string]any{"route": []tftypes.Value{fill(route, map[string]any{"state": "a"})}}, "value of route.state"},
		{"longest name", "aws_lb", map[string]any{"name": strings.Repeat("n", 32)}, ""},
		{"longer name", "aws_lb", map[string]any{"name": strings.Repeat("n", 33)}, "at most 32"},
		{"name with a dot", "aws_lb", map[string]any{"name": "a.b"}, "letters, digits"},
		{"choice in a block", "aws_lb_listener", redirects("HTTP_301"), ""},
		{"no choice in a block", "aws_lb_listener", redirects("HTTP_308"), `"HTTP_308" is none of ["HTTP_301"`},
		{"choices", "aws_ecs_task_definition", map[string]any{"requires_compatibilities": []tftypes.Value{text("EC2"), text("FARGATE")}}, ""},
		{"no choice among them", "aws_ecs_task_definition", map[string]any{"requires_compatibilities": []tftypes.Value{text("EC2"), text("fargate")}}, `"fargate" is none of`},
		{"name that ends with a hyphen", "aws_lb", map[string]any{"name": "a-"}, "letters, digits"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := c.resources[test.typeName]
			config, err := tfprotov5.NewDynamicValue(s.ValueType(), fill(s.ValueType(), test.members))
			if err != nil {
				t.Fatal(err)
			}
			found, err := judge(test.typeName, s, &config)
			if err != nil {
				t.Fatal(err)
			}
			var said []string
			for _, d := range found {
				said = append(said, d.Summary+": "+d.Detail)
			}
			switch got := strings.Join(said, "; "); {
			case test.want == "" && got != "":
				t.Errorf("said %q", got)
			case test.want != "" && (len(found) != 1 || !strings.Contains(got, test.want)):
				t.Errorf("said %q, want %q", got, test.want)
			}
		})
	}
}

func TestCatalogHoldsWhatIsWanted(t *testing.T) {
	c := readTestCatalog(t, func(name string) bool { return name == "aws_lb" })
	if len(c.resources) != 1 || c.resources["aws_lb"] == nil {
		t.Errorf("resources are %v", c.resources)
	}
	s := readTestCatalog(t, all).resources["aws_sqs_queue"]
	if s.Version != 2 || len(s.Block.Attributes) != 5 || s.Block.BlockTypes[0].MaxItems != 2 {
		t.Errorf("aws_sqs_queue is %+v", s)
	}
}

func TestCatalogRefuses(t *testing.T) {
	for name, document := range map[string]string{
		"no JSON":       "{",
		"other schemas": `{"provider_schemas": {"registry.invalid/hashicorp/random": {}}}`,
		"no provider":   `{"provider_schemas": {"registry.invalid/hashicorp/aws": {}}}`,
		"mode":          `{"provider_schemas": {"r/hashicorp/aws": {"provider": {"block": {"block_types": {"b": {"nesting_mode": "map"}}}}}}}`,
		"type":          `{"provider_schemas": {"r/hashicorp/aws": {"provider": {"block": {"attributes": {"a": {"type": "text"}}}}}}}`,
	} {
		if _, err := readCatalog(strings.NewReader(document), all); err == nil {
			t.Errorf("%s: was read", name)
		}
	}
}

func TestCatalogKeepsBlocksThatMustBe(t *testing.T) {
	document := `{"provider_schemas": {"r/hashicorp/aws": {"provider": {"block": {}}, "resource_schemas": {"aws_a": {"block": {"block_types": {
		"named": {"nesting_mode": "set", "block": {}},
		"other": {"nesting_mode": "set", "block": {}},
		"must":  {"nesting_mode": "list", "min_items": 1, "block": {}}
	}}}}}}}`
	c, err := readCatalog(strings.NewReader(document), func(name string) bool { return name == "aws_a" || name == "named" })
	if err != nil {
		t.Fatal(err)
	}
	blocks := c.resources["aws_a"].Block.BlockTypes
	if len(blocks) != 2 || blocks[0].TypeName != "must" || blocks[1].TypeName != "named" {
		t.Errorf("blocks are %+v", blocks)
	}
}

func TestWordsOfTree(t *testing.T) {
	words := map[string]bool{}
	err := addWordsOf(fstest.MapFS{
		"main.tf":             {Data: []byte(`resource "aws_sqs_queue" "a" {}`)},
		"m/t/a.tftest.hcl":    {Data: []byte("aws_lb.this.arn")},
		"README.md":           {Data: []byte("aws_iam_role")},
		".terraform/m/old.tf": {Data: []byte("aws_elb")},
	}, words)
	if err != nil || len(words) != 6 || !words["aws_sqs_queue"] || !words["aws_lb"] {
		t.Errorf("words are %v, error %v", words, err)
	}
}
