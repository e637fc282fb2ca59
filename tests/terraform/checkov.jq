# What checkov found, one line each, and the score as the last line. It says one object for one
# directory, an array for several.
flatten | . as $all
| ($all[] | .results.failed_checks[]? |
	"\(.check_id) \(.file_path):\(.file_line_range[0]) \(.resource): \(.check_name)"),
  ($all[] | .results.parsing_errors[]? | "cannot read \(.)"),
  ([$all[].summary] | (map(.passed) | add) as $passed | (map(.failed) | add) as $failed
	| "checkov: \($passed) of \($passed + $failed) passed, \(map(.skipped) | add) skipped; "
	+ "\($failed) failed, \(map(.parsing_errors) | add) files not read")
