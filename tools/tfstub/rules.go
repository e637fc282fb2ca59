package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-go/tfprotov5"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// A rule says what is wrong with a known value that is not null.
type rule func(tftypes.Value) error

// A schema knows types only. These are the real provider's own checks of values
// whose breach a review is likely to miss; its choices (enums) are in choices.go, and
// ARNs are not judged because mocks make up random ones. A key is an attribute's
// name, or a type and the names on the way to it.
var rules = map[string]rule{
	"cidr_block":             texts(cidr),
	"cidr_blocks":            texts(cidr),
	"cidr_ipv4":              texts(cidr),
	"cidr_ipv6":              texts(cidr),
	"destination_cidr_block": texts(cidr),
	"ipv6_cidr_blocks":       texts(cidr),

	"assume_role_policy":    texts(document),
	"container_definitions": texts(document),
	"dashboard_body":        texts(document),
	"event_pattern":         texts(document),
	"policy":                texts(document),
	"redrive_allow_policy":  texts(document),
	"redrive_policy":        texts(document),

	"from_port": within(-1, 65535),
	"to_port":   within(-1, 65535),

	"aws_cloudwatch_log_group.retention_in_days":           oneOf(0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653),
	"aws_ecs_service.name":                                 name(255),
	"aws_elb.health_check.interval":                        within(5, 300),
	"aws_elb.health_check.timeout":                         within(2, 60),
	"aws_elb.listener.instance_port":                       within(1, 65535),
	"aws_elb.name":                                         name(32),
	"aws_iam_role.max_session_duration":                    within(3600, 43200),
	"aws_iam_role.name":                                    length(64),
	"aws_iam_role.name_prefix":                             length(38),
	"aws_kms_key.deletion_window_in_days":                  within(7, 30),
	"aws_lb.name":                                          name(32),
	"aws_lb.idle_timeout":                                  within(1, 4000),
	"aws_lb_listener.port":                                 within(1, 65535),
	"aws_lb_listener_rule.priority":                        within(1, 50000),
	"aws_lb_target_group.health_check.healthy_threshold":   within(2, 10),
	"aws_lb_target_group.health_check.interval":            within(5, 300),
	"aws_lb_target_group.health_check.timeout":             within(2, 120),
	"aws_lb_target_group.health_check.unhealthy_threshold": within(2, 10),
	"aws_lb_target_group.name":                             name(32),
	"aws_lb_target_group.name_prefix":                      length(6),
	"aws_security_group.name":                              length(255),
	"aws_sqs_queue.delay_seconds":                          within(0, 900),
	"aws_sqs_queue.max_message_size":                       within(1024, 1048576),
	"aws_sqs_queue.message_retention_seconds":              within(60, 1209600),
	"aws_sqs_queue.receive_wait_time_seconds":              within(0, 20),
	"aws_sqs_queue.visibility_timeout_seconds":             within(0, 43200),
}

func texts(check func(string) error) rule {
	return func(v tftypes.Value) error {
		var text string
		if v.As(&text) != nil || text == "" {
			return nil
		}
		return check(text)
	}
}

func cidr(text string) error {
	prefix, err := netip.ParsePrefix(text)
	if err == nil && prefix != prefix.Masked() {
		err = fmt.Errorf("%q has bits set behind its mask; %q has not", text, prefix.Masked())
	}
	return err
}

func document(text string) error {
	if json.Valid([]byte(text)) {
		return nil
	}
	return fmt.Errorf("this is no JSON document: %.80q", text)
}

func length(limit int) rule {
	return texts(func(text string) error {
		if len(text) <= limit {
			return nil
		}
		return fmt.Errorf("%q has %d characters; at most %d are allowed", text, len(text), limit)
	})
}

var nameCharacters = regexp.MustCompile(`^[A-Za-z0-9_-]*$`)

func name(limit int) rule {
	return func(v tftypes.Value) error {
		err := length(limit)(v)
		if err != nil {
			return err
		}
		return texts(func(text string) error {
			if nameCharacters.MatchString(text) && !strings.HasPrefix(text, "-") && !strings.HasSuffix(text, "-") {
				return nil
			}
			return fmt.Errorf("%q: letters, digits and hyphens, none of these first or last", text)
		})(v)
	}
}

func numbers(check func(int64) error) rule {
	return func(v tftypes.Value) error {
		var number big.Float
		if v.As(&number) != nil {
			return nil
		}
		n, _ := number.Int64()
		return check(n)
	}
}

func within(low, high int64) rule {
	return numbers(func(n int64) error {
		if low <= n && n <= high {
			return nil
		}
		return fmt.Errorf("%d is not within %d to %d", n, low, high)
	})
}

func oneOf(choices ...int64) rule {
	return numbers(func(n int64) error {
		if slices.Contains(choices, n) {
			return nil
		}
		return fmt.Errorf("%d is none of %d", n, choices)
	})
}

// judge walks over a configuration. What is not known yet is judged in a later call.
func judge(typeName string, s *tfprotov5.Schema, config *tfprotov5.DynamicValue) ([]*tfprotov5.Diagnostic, error) {
	var found []*tfprotov5.Diagnostic

	root, err := config.Unmarshal(s.ValueType())
	if err != nil {
		return nil, err
	}
	decided := map[string]bool{}
	addDecided(decided, s.Block, "")
	err = tftypes.Walk(root, func(at *tftypes.AttributePath, v tftypes.Value) (bool, error) {
		if v.IsNull() {
			return false, nil
		}
		names := namesOf(at)
		err := judgeValue(typeName, names, decided, v)
		if err != nil {
			found = append(found, &tfprotov5.Diagnostic{
				Severity:  tfprotov5.DiagnosticSeverityError,
				Summary:   "Invalid value of " + strings.Join(names, "."),
				Detail:    err.Error(),
				Attribute: at,
			})
		}
		return err == nil && v.IsKnown(), nil
	})
	return found, err
}

func judgeValue(typeName string, names []string, decided map[string]bool, v tftypes.Value) error {
	if len(names) == 0 {
		return nil
	}
	full := strings.Join(names, ".")
	if decided[full] {
		return errors.New("the provider decides it; it cannot be set")
	}
	if !v.IsKnown() {
		return nil
	}
	for _, check := range []rule{rules[typeName+"."+full], choices[typeName+"."+full], rules[names[len(names)-1]]} {
		if check != nil {
			return check(v)
		}
	}
	return nil
}

// namesOf leaves the indexes out of a path.
func namesOf(path *tftypes.AttributePath) (names []string) {
	for _, step := range path.Steps() {
		if name, ok := step.(tftypes.AttributeName); ok {
			names = append(names, string(name))
		}
	}
	return names
}

// addDecided collects the attributes that only the provider sets.
func addDecided(out map[string]bool, block *tfprotov5.SchemaBlock, prefix string) {
	for _, a := range block.Attributes {
		if a.Computed && !a.Optional {
			out[prefix+a.Name] = true
		}
	}
	for _, nested := range block.BlockTypes {
		addDecided(out, nested.Block, prefix+nested.TypeName+".")
	}
}
