# What checkov found, one line each, and the score as the last line; the input is one document for
# each directory. What is skipped in a module counts in each directory that uses it, so reasons are
# counted too.
flatten | . as $all
| ($all[] | .results.failed_checks[]? |
	"\(.check_id) \(.file_path):\(.file_line_range[0]) \(.resource): \(.check_name)"),
  ($all[] | .results.parsing_errors[]? | "cannot read \(.)"),
  ([$all[].summary] | (map(.passed) | add) as $passed | (map(.failed) | add) as $failed
	| ([$all[] | .results.skipped_checks[]? | .check_id + .check_result.suppress_comment] | unique) as $reasons
	| "checkov: \($passed) of \($passed + $failed) passed, \(map(.skipped) | add) skipped "
	+ "(\($reasons | length) different); "
	+ "\($failed) failed, \(map(.parsing_errors) | add) files not read")
